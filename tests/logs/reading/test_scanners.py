"""Scanners: each fast one finds what its format's pattern finds, on random lines and on hostile ones."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.logs.reading.formats import ACCESS_LOG
from tailrace.logs.reading.lines import find_lines
from tailrace.logs.reading.scan_pattern import scan_pattern
from tailrace.logs.reading.scanners import scan_lines

access_part = st.sampled_from(
    ["1.2.3.4", "-", " ", "  ", " [", "[", "] ", '"', '" ', '\\"', "\\", "GET / HTTP/1.1", "500", "40", "12", "\t",
     "05/Jan/2026:10:00:00 +0000", "05/Jan/2026:10:00:00", "05/Xyz/2026:99:00:00", "05/Jan/2026:10:00:00Z", "é", "\0",
     "\x85", "٣", "x" * 70, "y" * 300]
)  # fmt: skip
access = st.builds(
    "{} {} {} [{}] {}{}{} {} {}{}".format,
    st.sampled_from(["1.2.3.4", "::1", "a b", ""]), st.sampled_from(["-", "a", "é"]),
    st.sampled_from(["-", "John Doe", "x" * 64, "x" * 65, "a [b] c"]),
    st.sampled_from(["05/Jan/2026:10:00:00 +0000", "05/Jan/2026:10:00:00", "10/Foo/2000:13:55:36 -0700", "1"]),
    st.sampled_from(['"', "'"]), st.one_of(access_part, st.text(max_size=9)), st.sampled_from(['"', '\\"', '" ']),
    st.sampled_from(["200", "503", "404", "99", "007", "1234"]), st.sampled_from(["-", "12", "x"]), access_part,
)  # fmt: skip


def lines_of(texts):
    return find_lines(("\n".join(text.replace("\n", " ") for text in texts).encode(),), final=True, first=False)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(access, st.lists(access_part, max_size=14).map("".join)), min_size=1, max_size=8))
def test_access_logs_are_scanned_as_by_their_pattern(texts):
    lines = lines_of(texts)
    if not len(lines):
        return
    fast, plain = scan_lines(lines, ACCESS_LOG), scan_pattern(lines, ACCESS_LOG)
    assert fast.start.tolist() == plain.start.tolist()
    begins = np.flatnonzero(fast.start)
    assert fast.level[begins].tolist() == plain.level[begins].tolist()
    for row in begins:
        one, other = fast.stamps.run[row], plain.stamps.run[row]
        assert fast.stamps.seconds[one] == plain.stamps.seconds[other]
        assert fast.stamps.offset[one] == plain.stamps.offset[other]
