"""What holds for all tests: how long an example of hypothesis takes, or is in the making, says nothing of the code."""

from hypothesis import HealthCheck, settings

settings.register_profile("tailrace", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tailrace")
