"""The state between chunks: small, versioned, and clear about what it cannot read."""

import pytest

from tailrace.logs.reading.state import ClockState, ReaderState
from tailrace.model.errors import TailraceError


def test_a_state_survives_its_bytes():
    state = ReaderState("json-lines", ("level", "ts"), 7, 3, b"\xff\0held", 2, 1, 1, 0, ClockState(5, 6, 7, True, 8), 2)
    assert ReaderState.from_bytes(state.to_bytes()) == state
    assert ReaderState.from_bytes(ReaderState().to_bytes()) == ReaderState()


def test_a_state_of_a_later_version_is_refused():
    data = ReaderState().to_bytes().replace(b'"version":1', b'"version":99')
    with pytest.raises(TailraceError, match="version 99, but version 1 is needed"):
        ReaderState.from_bytes(data)


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"version":1}', b'{"version":1,"held":"0","keys":[],"clock":{}}']
)
def test_bytes_that_are_no_state_are_refused(data):
    with pytest.raises(TailraceError, match="cannot be understood"):
        ReaderState.from_bytes(data)


def test_a_format_that_is_no_longer_known_is_read_as_free_text():
    found = ReaderState(format="abandoned").known_format()
    assert found is not None
    assert found.name == "free-text"
    assert ReaderState().known_format() is None
