"""The pages of the reference, one module each: `page()` gives its text, read from the code.

Belongs here: what turns declarations into tables. Does not belong here: anything that a person would rather explain.
"""
