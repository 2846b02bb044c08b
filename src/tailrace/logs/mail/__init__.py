"""From alerts to an e-mail: a pure rendering, text and HTML.

Belongs here: what a mail says and how it looks, the masking of secrets, the mailboxes it is addressed to.
Does not belong here: sending (see `tailrace.connect`), and deciding whether there is anything to send.
"""
