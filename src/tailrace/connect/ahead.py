"""Reading ahead: what is packed is unpacked in a thread of its own, while what came before is worked on."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from tailrace.connect.content import Content

_SHARE: Final = 16


class ReadAhead:
    """Reads a content from where it stands, piece by piece, one piece ahead. To be closed.

    A piece has at most so many bytes. The `first` may have fewer, and so may all that come before sixteen times as much
    has been read as they would have: new memory for large pieces takes time that only much work is worth.

    `position` is the offset, in unpacked bytes, of what `read` gives next. The content is not to be used by anybody
    else before `close`; its `truncated` and `garbage` can be asked once `read` has returned nothing.
    """

    def __init__(self, content: Content, piece: int, first: int | None = None) -> None:
        self.content = content
        self.position = content.position
        self._piece, self._first = piece, min(first or piece, piece)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="unpack")
        self._next = self._asked_for()

    def read(self) -> bytes:
        """The next piece; none at the end. Raises what `Content.read` raises, and the same again when called again."""
        data = self._next.result()
        if data:
            self.position += len(data)
            self._next = self._asked_for()
        return data

    def _asked_for(self) -> Future[bytes]:
        asked = min(max(self.content.position // _SHARE, self._first), self._piece)
        return self._pool.submit(self.content.read, asked)

    def close(self) -> None:
        """Wait for the piece that is being unpacked, and end the thread."""
        self._pool.shutdown(cancel_futures=True)
