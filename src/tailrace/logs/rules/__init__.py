"""Rules: how they are written, what they mean, and how they are held against records and volumes. Pure.

In here belong the reading of a rules file and of short forms, the checks of what a person wrote, rules in plain
English, and the arithmetic of windows and memories that rules need. What runs them (`logs.judge`), and what is done
with a crossing, stand elsewhere.
"""
