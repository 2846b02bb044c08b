"""The life of incidents, as pure values: how they open, grow, are told again and end; who may be spared them, and why.

What belongs in here has no clock, no port and no database: the alerter passes in the time and keeps what comes out.
"""
