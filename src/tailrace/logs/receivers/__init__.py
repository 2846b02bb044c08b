"""An alert as other systems want it: the JSON that Slack, Teams, PagerDuty, Alertmanager and scripts are handed.

Belongs here: one module for each target, with its form, its escaping and its limits. Pure.
Does not belong here: sending (see `tailrace.connect`), and deciding who is told what.
"""
