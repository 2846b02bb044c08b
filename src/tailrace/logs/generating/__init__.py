"""The log generator: made-up log files in bulk, with the truth about what is in them.

Belongs here: the settings of a run, the columns it draws (times, levels, messages, stack traces), the line formats that
join them, and the writer that puts whole files in place. Everything is drawn from the seed: the same settings give the
same bytes on every platform and run, for only the raw bits of PCG64 are used, which NumPy promises never to change.

Does not belong here: reading logs, and anything the application needs to run. The clock is read by the pace alone.
"""
