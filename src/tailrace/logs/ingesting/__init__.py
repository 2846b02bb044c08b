"""Ingesting: what the ingestor remembers of files, and how it opens what it was told of.

Belongs here: how far a file was read, what tells that another file has the same content, what an announced file holds.
Does not belong here: formats, times and messages, which are `reading`'s; finding files, which is the source's.
"""
