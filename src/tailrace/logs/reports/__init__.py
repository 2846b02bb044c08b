"""Reports by schedule: when one is due and what it sums up. Pure; what reads topics and keeps state is the reporter."""
