"""Workers that take steps, and the supervisor that keeps them alive.

Belongs here: the step loop, delivery (retry, bisection, dead letters), backpressure, health and metrics.
Does not belong here: how a log stores what is committed, and what any one streamlet does.
"""
