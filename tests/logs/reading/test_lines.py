"""Lines: the text of any bytes."""

import codecs

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tailrace.logs.reading.lines import as_ascii, as_text


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    codes = error.object[error.start : error.end]
    return "".join(bytes([code]).decode("cp1252", "replace").replace("\ufffd", chr(code)) for code in codes), error.end


codecs.register_error("as-windows", _as_windows)

texts = st.text(max_size=6).map(lambda text: text.encode(errors="surrogatepass"))
cut = st.builds(lambda text, end: text[: end or None], texts, st.integers(-3, 0))
western = st.text(st.characters(codec="cp1252"), max_size=6).map(lambda text: text.encode("cp1252"))
values = st.lists(st.lists(st.one_of(st.binary(max_size=6), texts, cut, western), max_size=4).map(b"".join), max_size=8)


@given(values)
def test_any_bytes_are_the_text_of_pythons_decoder_with_windows_1252_for_the_rest(values):
    found, invalid = as_text(pa.array(values, pa.large_binary()))
    assert found.to_list() == [value.decode(errors="as-windows") for value in values]
    assert invalid == sum(value.decode(errors="ignore").encode() != value for value in values)


@given(values)
def test_text_in_ascii_has_a_character_for_each_byte(values):
    found = as_ascii(pa.array(values, pa.large_binary()))
    assert found.to_list() == ["".join(chr(code) if code < 128 else "?" for code in value) for value in values]
