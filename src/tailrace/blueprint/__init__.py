"""From the YAML that wires streamlets to a verified plan.

Belongs here: drafts, problems with their places and sentences, verification, plans, the graph drawn of them.
Does not belong here: running anything. A runtime accepts a plan and nothing else.
"""
