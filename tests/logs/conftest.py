"""What the tests of stations share: lines with a level, what came out by level; servers of mail and of the web."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tailrace.logs.records import Volume

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def line() -> Callable[..., bytes]:
    """A function that writes a log4j line: second after noon, level, message."""

    def write(second: int, level: str, message: str = "something happened") -> bytes:
        minute, rest = divmod(second, 60)
        return f"2026-01-05 12:{minute:02d}:{rest:02d},000 {level:<5} [main] org.example.App: {message}\n".encode()

    return write


@pytest.fixture(scope="session")
def by_level() -> Callable[[Iterable[Volume]], dict[str, int]]:
    """A function that adds up volumes by level."""

    def add_up(volumes: Iterable[Volume]) -> dict[str, int]:
        sums: Counter[str] = Counter()
        for each in volumes:
            sums[each.level] += each.lines
        return dict(sums)

    return add_up


class MailServer:
    """A real mail server that takes mails, and misbehaves as it is told to.

    `acts` are what it does at the next mails: give an answer such as `451 busy`; `take and fall silent`, `take and
    drop` (the connection), `drop`. `refused` and `greylisted` are answers to recipients, the latter given once.
    """

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.acts: list[str] = []
        self.refused: dict[str, str] = {}
        self.greylisted: set[str] = set()
        self.on_data: Callable[[], None] = lambda: None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._controller: Controller | None = None

    async def handle_RCPT(  # the library's name
        self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        if address in self.greylisted:
            self.greylisted.discard(address)
            return "450 greylisted, try again"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:
        act = self.acts.pop(0) if self.acts else "take"
        if act.startswith("take"):
            self.taken.append(envelope)
        self.on_data()
        if act.endswith("fall silent"):
            await asyncio.sleep(60)  # ends as soon as the client has hung up
        if act.endswith("drop"):
            assert server.transport is not None
            server.transport.abort()
        return act if act[0].isdigit() else "250 OK"

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    @property
    def url(self) -> str:
        return f"smtp+insecure://127.0.0.1:{self.port}"

    @property
    def mails(self) -> list[EmailMessage]:
        """What was taken, each mail once, in the order of the first time."""
        contents = dict.fromkeys(bytes(each.content or b"") for each in self.taken)
        return [email.message_from_bytes(content, EmailMessage, policy=email.policy.default) for content in contents]


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A mail server at work; it can be stopped and started again."""
    server = MailServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()


class WebServer:
    """A real HTTP server that answers as it is told.

    `answers` are the next statuses, or statuses with a Retry-After; 0 closes the connection. `at` has what is done, in
    the place of an answer, at the request of that number.
    """

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[Any] = []
        """What was taken, read as JSON."""
        self.answers: list[int | tuple[int, str]] = []
        self.at: dict[int, Callable[[], None]] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.raw.append(body)
                outer.headers.append({name.lower(): value for name, value in self.headers.items()})
                if act := outer.at.pop(len(outer.raw), None):
                    act()
                    return
                answer = outer.answers.pop(0) if outer.answers else 200
                status, wait = answer if isinstance(answer, tuple) else (answer, "")
                if status == 0:
                    self.close_connection = True
                    return
                if status < 300:
                    outer.bodies.append(json.loads(body))
                self.send_response(status)
                if wait:
                    self.send_header("Retry-After", wait)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def web_server() -> Iterator[WebServer]:
    """An HTTP server at work."""
    server = WebServer()
    try:
        yield server
    finally:
        server.stop()
