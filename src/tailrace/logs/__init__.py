"""The log-alert application: source, parse, rules, alert, mail.

Belongs here: thin streamlets over pure functions, the records that travel between them, the packaged blueprint.
Does not belong here: anything another application could use; that moves to a lower room. Stations know the records,
never each other.
"""
