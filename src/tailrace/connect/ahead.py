"""Reading ahead: what is packed is unpacked in a thread of its own, while what came before is worked on."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from tailrace.connect.content import Content

_SHARE: Final = 16


class ReadAhead:
    """Reads a content from where it stands, piece by piece, one piece ahead. To be closed.

    What goes into the first piece takes no thread.

    A piece has at most so many bytes. The `first` may have fewer, and so may all that come before sixteen times as much
    has been read as they would have: new memory for large pieces takes time that only much work is worth.

    `position` is the offset, in unpacked bytes, of what `read` gives next. The content is not to be used by anybody
    else before `close`; its `truncated` and `garbage` can be asked once `read` has returned nothing.
    """

    def __init__(self, content: Content, piece: int, first: int | None = None) -> None:
        self.content = content
        self.position = content.position
        self._piece, self._first = piece, min(first or piece, piece)
        self._asked = 0
        self._pool: ThreadPoolExecutor | None = None
        self._next: Future[bytes] | None = None

    def read(self) -> bytes:
        """The next piece; none at the end. Raises what `Content.read` raises, and the same again when called again."""
        data = self._next.result() if self._next is not None else self.content.read(self._size())
        if data:
            self.position += len(data)
            self._next = self._begun() if len(data) == self._asked else None  # less comes at the end alone
        return data

    @property
    def ended(self) -> bool:
        """Whether what `read` gave last is known to be the last; a fault may follow all the same."""
        return self._asked > 0 and self._next is None

    def _size(self) -> int:
        self._asked = min(max(self.content.position // _SHARE, self._first), self._piece)
        return self._asked

    def _begun(self) -> Future[bytes]:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="unpack")
        return self._pool.submit(self.content.read, self._size())

    def close(self) -> None:
        """Wait for the piece that is being unpacked, and end the thread."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
