"""Events handed to an HTTP server: one POST each."""

from __future__ import annotations

import http.client
import math
import re
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlsplit

from tailrace.connect.delivery import Busy, Rejected, SetupFault
from tailrace.connect.signature import sign, signing_key
from tailrace.model.errors import TailraceError, Transient
from tailrace.model.settings import Secret

BODY_LIMIT = 512 * 1024
"""The greatest size of a body in bytes, as it is sent."""
LONGEST_WAIT = timedelta(days=1)
"""However long a server asks us to wait, we ask again after this."""

_ANSWER = 4096  # bytes of an answer that are read
_WORDS = 300
_TELLING = 5  # a text this short is no secret of its own
_LATER = frozenset({408, 425, 429})
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\x20-\x7e]*")
_KEY = re.compile(r"[A-Za-z0-9_-]{1,128}")
_OURS = frozenset(
    {"host", "content-length", "content-type", "transfer-encoding", "connection", "idempotency-key"}
    | {"webhook-id", "webhook-timestamp", "webhook-signature"}
)
_EXAMPLE = "write it as in https://hooks.example.com/alerts"
_TRUST_HINT = "name the host as its certificate does, and see that whoever signed it is trusted here"


@dataclass(frozen=True)
class Answer:
    """What a server answered: its status, and its words on one line, cut short."""

    status: int
    words: str

    def __str__(self) -> str:
        return f"{self.status} {self.words}".strip()


class Webhook:
    """Hands events to one address, over a new connection each.

    Delivery is at least once: when the answer is lost, the next attempt brings the event again, with the same key in
    `Idempotency-Key` and `webhook-id`. Redirects are not followed, proxies not used. The address itself is a secret
    with many services; no message, log line or `repr` has more of it than the host.
    """

    def __init__(
        self,
        url: str | Secret,
        *,
        secrets: Sequence[Secret] = (),
        headers: Mapping[str, Secret] | None = None,
        timeout: float = 30.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Prepare to speak to `url`; nothing is sent before the first event.

        With `secrets` every event is signed, see `tailrace.connect.signature`. `headers` are sent along, such as
        Authorization. `timeout` is in seconds, once for each address that is tried, and once for all that follows.
        `tls` replaces the system's trusted certificates. Raises TailraceError, without a secret in it, when one of
        these is faulty.
        """
        address = url.reveal() if isinstance(url, Secret) else url
        self._parts = _parse(address)
        self._secrets = tuple(secrets)
        for secret in self._secrets:
            signing_key(secret)
        self._headers = _checked(headers or {})
        self._timeout = timeout
        self._tls = tls

    @property
    def host(self) -> str:
        """Whom it speaks to: host, and port if the address has one."""
        return self._parts.netloc

    def send(self, body: bytes, *, key: str, at: datetime) -> Answer:
        """Deliver `body`, which is JSON, as the event named `key`; `at` is now, and goes into the signature.

        Raises Rejected when it was refused for good (any 3xx or 4xx but 408, 425, 429; or too long to be sent), Busy
        when the server says how long to wait, SetupFault when its certificate is not to be trusted, and Transient
        when it may go well later.
        """
        if len(body) > BODY_LIMIT:
            raise Rejected(f"an event of {len(body):,} bytes is too long for a webhook; {BODY_LIMIT:,} are allowed")
        if not _KEY.fullmatch(key):
            raise ValueError(f"a key has 1 to 128 letters, digits, '-' and '_', not {key[:140]!r}")
        try:
            with closing(self._connection()) as connection:
                response, content = self._exchange(connection, body, self._lines(body, key, at))
        except (OSError, http.client.HTTPException) as fault:
            raise self._unreachable(fault) from None
        answer = Answer(response.status, self._words(content))
        if 200 <= response.status < 300:
            return answer
        raise self._refusal(answer, response, at)

    def __repr__(self) -> str:
        return f"Webhook({self.host})"

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=self._timeout)
        context = self._tls or ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=self._timeout, context=context)

    def _lines(self, body: bytes, key: str, at: datetime) -> dict[str, str]:
        ours = {"Content-Type": "application/json", "User-Agent": "Tailrace", "Connection": "close"}
        # The value is a String of RFC 8941, quotes included: draft-ietf-httpapi-idempotency-key-header, section 2.1.
        ours["Idempotency-Key"] = f'"{key}"'
        if self._secrets:
            ours |= sign(self._secrets, key=key, at=at, body=body)
        return ours | {name: value.reveal() for name, value in self._headers.items()}

    def _exchange(
        self, connection: http.client.HTTPConnection, body: bytes, lines: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """Send the request and read the answer, all within the timeout, however slowly the server drips."""
        target = self._parts.path or "/"
        if self._parts.query:
            target += f"?{self._parts.query}"
        connection.connect()
        with _deadline(connection.sock, self._timeout):
            connection.request("POST", target, body, lines)
            content = b""
            # An answer owns its connection once it has come. Its status says it all, however the rest may end.
            with closing(connection.getresponse()) as response, suppress(OSError, http.client.HTTPException):
                content = response.read(_ANSWER)
            return response, content

    def _words(self, content: bytes) -> str:
        """What an answer says, without what we would not have said ourselves: some servers send the request back."""
        text = content.decode("utf-8", "replace")
        for secret in self._own_words():
            text = text.replace(secret, "***")
        shown = "".join(char if char.isprintable() else " " for char in text)
        return " ".join(shown.split())[:_WORDS]

    def _own_words(self) -> list[str]:
        revealed = [value.reveal() for value in (*self._headers.values(), *self._secrets)]
        ours = [self._parts.path, self._parts.query, *revealed, *(part for text in revealed for part in text.split())]
        return sorted((text for text in ours if len(text) > _TELLING), key=len, reverse=True)

    def _refusal(self, answer: Answer, response: http.client.HTTPResponse, at: datetime) -> TailraceError:
        status = answer.status
        if status in _LATER or status >= 500:
            wait = _wait(response.getheader("Retry-After"), at)
            said = f"the webhook of {self.host} asks to try later: {answer}"
            return Busy(said, wait=wait) if status == 429 or wait is not None else Transient(said)
        if 300 <= status < 400:
            there = urlsplit(response.getheader("Location") or "").netloc.rpartition("@")[2][:100]
            return Rejected(
                f"the webhook of {self.host} redirects{f' to {there}' if _VISIBLE.fullmatch(there) else ''} ({status})",
                code=status,
                hint="redirects are not followed; give the address that it leads to",
            )
        hint = "see that the address and its key are still valid" if status in {401, 403, 404, 410} else None
        return Rejected(f"the webhook of {self.host} refused: {answer}", code=status, hint=hint)

    def _unreachable(self, fault: OSError | http.client.HTTPException) -> Transient:
        """What it means that there was no answer: something to wait for, or something to set right."""
        if isinstance(fault, ssl.SSLCertVerificationError):
            said = fault.verify_message or "it cannot be verified"
            return SetupFault(f"the certificate of {self.host} is not to be trusted: {said}", hint=_TRUST_HINT)
        if isinstance(fault, ssl.SSLError) and not isinstance(fault, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return SetupFault(f"{self.host} does not speak TLS: {fault.reason}", hint="try http://, or another port")
        if isinstance(fault, TimeoutError):
            return Transient(f"the webhook of {self.host} has not answered within {self._timeout:g} seconds")
        # A line that is no HTTP may repeat what we sent, so it is not shown.
        reason = (fault.strerror if isinstance(fault, OSError) else None) or type(fault).__name__
        return Transient(f"the webhook of {self.host} cannot be reached: {reason}")


def _parse(url: str) -> SplitResult:
    """Take an address apart. Its path is never shown: with Slack and Teams it is all that a sender needs."""
    if not _VISIBLE.fullmatch(url):
        raise TailraceError("the address of a webhook has a blank, a control character or a letter beyond ASCII in it",
                            hint=_EXAMPLE + ", and such characters in it as %20 or %C3%A4")  # fmt: skip
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        (host or "").encode("idna")
    except ValueError:
        raise TailraceError(
            "the address of a webhook cannot be read: its host or port is malformed", hint=_EXAMPLE
        ) from None
    if parts.scheme not in {"http", "https"} or not host:
        raise TailraceError("the address of a webhook does not begin with https:// and a host", hint=_EXAMPLE)
    if port == 0:
        raise TailraceError(f"the address of the webhook of {host} names no port", hint=_EXAMPLE)
    if "@" in parts.netloc:
        raise TailraceError(
            f"the address of the webhook of {host} has a login in it", hint="give it as a header: Authorization"
        )
    if parts.fragment:
        raise TailraceError(
            f"the address of the webhook of {host} has a '#' in it", hint="a '#' in a path is written %23"
        )
    return parts


def _checked(headers: Mapping[str, Secret]) -> dict[str, Secret]:
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value.reveal()):
            raise TailraceError(f"the header {name!r} of a webhook has a character that no header can have")
        if name.lower() in _OURS:
            raise TailraceError(f"the header {name!r} of a webhook is set by the webhook itself")
    return dict(headers)


@contextmanager
def _deadline(connected: socket.socket, seconds: float) -> Iterator[None]:
    """End the connection when the time is over: a socket's own timeout begins again with every byte."""
    over = threading.Event()

    def end() -> None:
        over.set()
        with suppress(OSError):
            socket.socket.shutdown(connected, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException):
        if over.is_set():
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()


def _wait(said: str | None, at: datetime) -> timedelta | None:
    """How long `Retry-After` asks to wait, in seconds or until a date; None if it says nothing that can be read."""
    if not said or len(said) > 100:
        return None
    try:
        seconds = float(said)
    except ValueError:
        try:
            until = parsedate_to_datetime(said)
        except ValueError:
            return None
        seconds = (until if until.tzinfo else until.replace(tzinfo=UTC)).timestamp() - at.timestamp()
    if not math.isfinite(seconds):
        return None
    return min(timedelta(seconds=max(0.0, min(seconds, 1e9))), LONGEST_WAIT)
