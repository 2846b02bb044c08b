"""What holds for all tests: how long an example of hypothesis takes, or is in the making, says nothing of the code."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("tailrace", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tailrace")


@pytest.fixture
def ends() -> Iterator[ExitStack]:
    """What is to be closed when the test is over."""
    with ExitStack() as stack:
        yield stack
