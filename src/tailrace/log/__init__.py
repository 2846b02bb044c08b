"""Logs: what stores topics, positions and state, and advances them by atomic steps.

Belongs here: the contract every log keeps, and its implementations.
Does not belong here: what a batch means, and when to take a step.
"""
