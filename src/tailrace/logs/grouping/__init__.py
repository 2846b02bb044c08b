"""When a receiver is told what: alerts gathered, deliveries paced and capped, and what is about to be sent. Pure.

Belongs here: decisions that every receiver makes alike, as functions of the alerts, of what was saved, and of the time.
Does not belong here: what a delivery looks like (`tailrace.logs.mail`, `tailrace.logs.receivers`), and sending it.
"""
