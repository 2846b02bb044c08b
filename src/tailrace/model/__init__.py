"""What a pipeline is made of: record types, batches, ports, settings, streamlets, and their errors.

Belongs here: definitions that a user writes against, and the rules that judge them (schema compatibility, names).
Does not belong here: anything that reads a file, opens a socket or asks the clock.
"""
