"""What touches the world: directories, mail servers, outboxes.

Belongs here: one module for each kind of neighbour, speaking its protocol and naming its faults.
Does not belong here: decisions about records; those are pure functions elsewhere.
"""
