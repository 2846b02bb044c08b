"""Reading: from the bytes of a log file to records (WARN and worse, in full) and volumes (every level, counted).

Belongs here: pure functions over bytes and columns: finding lines, recognising formats, telling times and levels,
joining multi-line records, masking messages into fingerprints, and the small state that carries a file from one chunk
to the next. Start at `chunk.read_chunk`, `detect.detect` and `state.ReaderState`.
Does not belong here: files, clocks, topics, streamlets; whoever reads a file brings its bytes and its times along.
"""
