"""The command line: one file a command.

Belongs here: reading arguments, printing results, exit codes.
Does not belong here: the work itself, which a library call does as well.
"""
