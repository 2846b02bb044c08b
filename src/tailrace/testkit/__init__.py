"""Run a streamlet or a whole blueprint in memory, with a clock in hand. It ships for users' own tests.

Belongs here: what a test needs in order to feed, step, break and watch a pipeline.
Does not belong here: anything that the package itself needs in production.
"""
