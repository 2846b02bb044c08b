"""The faults a blueprint can have, one class each: its place, the evidence, its sentence and its hint.

Belongs here: wording. Does not belong here: finding the faults.
"""
