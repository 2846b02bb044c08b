"""Windowed aggregates, declared as data and folded over batches.

Belongs here: SQL measures, window assignment, watermarks, the embedded fold. All of it is pure.
Does not belong here: where rows come from or go to, and what an application makes of them.
"""
