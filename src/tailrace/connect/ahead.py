"""Reading ahead: what is packed is unpacked in a thread of its own, while what came before is worked on."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from tailrace.connect.content import Content


class ReadAhead:
    """Reads a content from where it stands, piece by piece, one piece ahead. To be closed.

    `position` is the offset, in unpacked bytes, of what `read` gives next. The content is not to be used by anybody
    else before `close`; its `truncated` and `garbage` can be asked once `read` has returned nothing.
    """

    def __init__(self, content: Content, piece: int) -> None:
        self.content = content
        self.position = content.position
        self._piece = piece
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="unpack")
        self._next: Future[bytes] = self._pool.submit(content.read, piece)

    def read(self) -> bytes:
        """The next piece; none at the end. Raises what `Content.read` raises, and the same again when called again."""
        data = self._next.result()
        if data:
            self.position += len(data)
            self._next = self._pool.submit(self.content.read, self._piece)
        return data

    def close(self) -> None:
        """Wait for the piece that is being unpacked, and end the thread."""
        self._pool.shutdown(cancel_futures=True)
