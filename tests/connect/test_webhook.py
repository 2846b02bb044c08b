"""A webhook against real HTTP servers on the loopback, well behaved and not."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tailrace.connect.delivery import Busy, Rejected, SetupFault
from tailrace.connect.signature import verify
from tailrace.connect.webhook import BODY_LIMIT, LONGEST_WAIT, Webhook
from tailrace.model.errors import TailraceError, Transient
from tailrace.model.settings import Secret

AT = datetime(2026, 1, 5, 10, 41, 20, tzinfo=UTC)
BODY = json.dumps({"app": "orders", "errors": 14}).encode()
PATH = "/services/T000/B000/verysecretpath"
SIGNING = Secret("a signing secret of some length")


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Desk:
    """What a server answers, and what has come to it."""

    status: int = 200
    words: str = "ok"
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)


class Server:
    """An HTTP server in threads of its own."""

    def __init__(self, desk: Desk, tls: ssl.SSLContext | None = None) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                desk.requests.append(Request(self.path, dict(self.headers.items()), body))
                content = desk.words.encode()
                self.send_response(desk.status)
                for name, value in desk.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass

        self._server = Quiet(("127.0.0.1", 0), Handler)
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


class Raw:
    """A server that does with each connection as it is told."""

    def __init__(self, act: Callable[[socket.socket], None]) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._act = act
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._open.append(connection)
                with suppress(OSError):
                    self._act(connection)

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        for connection in (*self._open, self._listener):
            connection.close()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def serve(desk: Desk, ends: ExitStack) -> Callable[..., Server]:
    def start(tls: ssl.SSLContext | None = None) -> Server:
        server = Server(desk, tls)
        ends.callback(server.stop)
        return server

    return start


@pytest.fixture
def raw(ends: ExitStack) -> Callable[[Callable[[socket.socket], None]], Raw]:
    def start(act: Callable[[socket.socket], None]) -> Raw:
        server = Raw(act)
        ends.callback(server.stop)
        return server

    return start


def webhook(host: str, scheme: str = "http", **how: Any) -> Webhook:
    return Webhook(Secret(f"{scheme}://{host}{PATH}?token=hunter22"), **{"timeout": 10} | how)


def send(hook: Webhook, body: bytes = BODY) -> Any:
    return hook.send(body, key="a1-open", at=AT)


def request_of(connection: socket.socket) -> bytes:
    """What a raw server is sent, up to the end of the body."""
    taken = b""
    while not taken.endswith(BODY):
        chunk = connection.recv(65_536)
        if not chunk:
            break
        taken += chunk
    return taken


def test_the_body_arrives_byte_by_byte_as_json(serve: Callable[..., Server], desk: Desk) -> None:
    answer = send(webhook(serve().host))
    assert (answer.status, answer.words) == (200, "ok")
    (request,) = desk.requests
    assert request.path == f"{PATH}?token=hunter22"
    assert request.body == BODY
    assert request.headers["Content-Type"] == "application/json"


def test_an_address_without_a_path_is_the_root(serve: Callable[..., Server], desk: Desk) -> None:
    send(Webhook(f"http://{serve().host}", timeout=10))
    assert desk.requests[0].path == "/"


def test_every_attempt_names_the_event_alike(serve: Callable[..., Server], desk: Desk) -> None:
    hook = webhook(serve().host)
    send(hook)
    send(hook)
    assert [request.headers["Idempotency-Key"] for request in desk.requests] == ['"a1-open"'] * 2


def test_the_receiver_can_verify_who_sent_it(serve: Callable[..., Server], desk: Desk) -> None:
    send(webhook(serve().host, secrets=[SIGNING]))
    (request,) = desk.requests
    assert verify([SIGNING], request.headers, request.body, now=AT) == "a1-open"


def test_without_a_secret_nothing_is_signed(serve: Callable[..., Server], desk: Desk) -> None:
    send(webhook(serve().host))
    assert "webhook-signature" not in {name.lower() for name in desk.requests[0].headers}


def test_headers_of_the_users_own_are_sent_along(serve: Callable[..., Server], desk: Desk) -> None:
    send(webhook(serve().host, headers={"Authorization": Secret("Bearer hunter2")}))
    assert desk.requests[0].headers["Authorization"] == "Bearer hunter2"


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_a_delivery(serve: Callable[..., Server], desk: Desk, status: int) -> None:
    desk.status, desk.words = status, ""
    assert send(webhook(serve().host)).status == status


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 422])
def test_a_4xx_is_a_refusal_for_good(serve: Callable[..., Server], desk: Desk, status: int) -> None:
    desk.status, desk.words = status, "invalid_blocks"
    with pytest.raises(Rejected, match="invalid_blocks") as caught:
        send(webhook(serve().host))
    assert caught.value.code == status


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_server_that_is_unwell_or_busy_is_asked_again_later(
    serve: Callable[..., Server], desk: Desk, status: int
) -> None:
    desk.status = status
    with pytest.raises(Transient, match=str(status)):
        send(webhook(serve().host))


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("30", timedelta(seconds=30)),
        ("0", timedelta()),
        ("1.5", timedelta(seconds=1.5)),
        ("-3", timedelta()),
        (format_datetime(AT + timedelta(minutes=2), usegmt=True), timedelta(minutes=2)),
        (format_datetime(AT - timedelta(minutes=2), usegmt=True), timedelta()),
        ("99999999999999999999", LONGEST_WAIT),
        ("soon", None),
        ("inf", None),
        ("nan", None),
    ],
)
def test_how_long_to_wait_is_passed_on(
    serve: Callable[..., Server], desk: Desk, said: str, wait: timedelta | None
) -> None:
    desk.status, desk.headers = 429, {"Retry-After": said}
    with pytest.raises(Busy) as caught:
        send(webhook(serve().host))
    assert caught.value.wait == wait


def test_a_server_that_is_down_for_a_known_time_says_so_too(serve: Callable[..., Server], desk: Desk) -> None:
    desk.status, desk.headers = 503, {"Retry-After": "120"}
    with pytest.raises(Busy) as caught:
        send(webhook(serve().host))
    assert caught.value.wait == timedelta(minutes=2)


def test_a_redirect_is_refused_and_not_followed(serve: Callable[..., Server], desk: Desk) -> None:
    desk.status, desk.headers = 307, {"Location": "https://user:pw@elsewhere.example/with/secret"}
    with pytest.raises(Rejected, match=r"redirects to elsewhere\.example \(307\)") as caught:
        send(webhook(serve().host))
    assert "with/secret" not in str(caught.value)
    assert len(desk.requests) == 1


def test_a_server_that_is_not_there_is_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Transient, match="Connection refused"):
        send(webhook(f"127.0.0.1:{port}"))


def test_a_server_that_does_not_answer_is_given_up_in_time(raw: Callable[..., Raw]) -> None:
    with pytest.raises(Transient, match=r"has not answered within 0\.2 seconds"):
        send(webhook(raw(request_of).host, timeout=0.2))


def test_a_server_that_drips_its_answer_is_given_up_in_time(raw: Callable[..., Raw]) -> None:
    stopped = threading.Event()

    def drip(connection: socket.socket) -> None:
        request_of(connection)
        with suppress(OSError):
            while not stopped.wait(0.02):
                connection.sendall(b"H")

    with pytest.raises(Transient, match="has not answered within"):
        send(webhook(raw(drip).host, timeout=0.3))
    stopped.set()


def test_a_server_that_hangs_up_is_asked_again_later(raw: Callable[..., Raw]) -> None:
    def hang_up(connection: socket.socket) -> None:
        request_of(connection)
        connection.shutdown(socket.SHUT_RDWR)

    with pytest.raises(Transient, match="cannot be reached"):
        send(webhook(raw(hang_up).host))


def test_an_answer_that_is_no_http_is_not_repeated(raw: Callable[..., Raw]) -> None:
    def echo(connection: socket.socket) -> None:
        connection.sendall(request_of(connection))

    with pytest.raises(Transient, match="cannot be reached: BadStatusLine") as caught:
        send(webhook(raw(echo).host))
    assert "verysecretpath" not in str(caught.value)


def test_a_delivery_stands_even_if_the_answer_breaks_off_after_its_status(raw: Callable[..., Raw]) -> None:
    def break_off(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe")
        connection.shutdown(socket.SHUT_RDWR)

    assert send(webhook(raw(break_off).host)).status == 202


def test_of_an_endless_answer_only_the_beginning_is_read(raw: Callable[..., Raw]) -> None:
    def talk(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        with suppress(OSError):
            while True:
                connection.sendall(b"no " * 1000)

    with pytest.raises(Rejected) as caught:
        send(webhook(raw(talk).host))
    assert len(str(caught.value)) < 500


def test_a_server_that_refuses_before_it_has_read_all_is_heard(raw: Callable[..., Raw]) -> None:
    def refuse(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1000):
            pass

    with pytest.raises(Rejected, match="413"):
        send(webhook(raw(refuse).host), b"x" * BODY_LIMIT)


def test_a_connection_that_is_reset_is_tried_again_later(raw: Callable[..., Raw]) -> None:
    def reset(connection: socket.socket) -> None:
        connection.recv(10)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    with pytest.raises(Transient, match="cannot be reached"):
        send(webhook(raw(reset).host), b"x" * BODY_LIMIT)


def test_a_body_too_long_is_never_sent(serve: Callable[..., Server], desk: Desk) -> None:
    with pytest.raises(Rejected, match="too long for a webhook"):
        send(webhook(serve().host), b"x" * (BODY_LIMIT + 1))
    assert desk.requests == []


def test_a_certificate_that_is_trusted_is_taken(
    serve: Callable[..., Server], server_tls: ssl.SSLContext, certificate: tuple[Path, Path]
) -> None:
    trusting = ssl.create_default_context(cafile=certificate[0])
    assert send(webhook(serve(server_tls).host, "https", tls=trusting)).status == 200


def test_a_certificate_that_is_not_trusted_is_for_a_person_to_set_right(
    serve: Callable[..., Server], server_tls: ssl.SSLContext, desk: Desk
) -> None:
    with pytest.raises(SetupFault, match="is not to be trusted"):
        send(webhook(serve(server_tls).host, "https"))
    assert desk.requests == []


def test_a_server_without_tls_is_for_a_person_to_set_right(serve: Callable[..., Server]) -> None:
    with pytest.raises(SetupFault, match="does not speak TLS"):
        send(webhook(serve().host, "https"))


@pytest.mark.parametrize("status", [400, 429, 500])
def test_an_answer_that_repeats_our_secrets_is_shown_without_them(
    serve: Callable[..., Server], desk: Desk, status: int
) -> None:
    desk.status = status
    desk.words = f"bad {PATH} token=hunter22 Bearer hunter-two\x1b[31m\nafter, {SIGNING.reveal()}"
    hook = webhook(serve().host, headers={"Authorization": Secret("Bearer hunter-two")}, secrets=[SIGNING])
    with pytest.raises(TailraceError) as caught:
        send(hook)
    said = str(caught.value) + repr(hook)
    for secret in ("verysecretpath", "hunter22", "hunter-two", SIGNING.reveal(), "\x1b", "\n"):
        assert secret not in said
    assert "after" in said


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("hooks.example.com/secretpath", "does not begin with https://"),
        ("ftp://hooks.example.com/secretpath", "does not begin with https://"),
        ("https:///secretpath", "does not begin with https://"),
        ("https://hooks.example.com:0/secretpath", "names no port"),
        ("https://hooks.example.com:x/secretpath", "malformed"),
        ("https://[::1/secretpath", "malformed"),
        (f"https://{'a' * 64}.com/secretpath", "malformed"),
        ("https://user:secretpath@hooks.example.com/", "has a login in it"),
        ("https://hooks.example.com/a#secretpath", "has a '#' in it"),
        ("https://hooks.example.com/secretpath\r\nX: y", "a blank, a control character"),
        ("https://hooks.example.com/secretpath ä", "a blank, a control character"),
        ("", "a blank, a control character"),
    ],
)
def test_a_faulty_address_is_told_without_what_is_secret_in_it(url: str, said: str) -> None:
    with pytest.raises(TailraceError, match=said) as caught:
        Webhook(Secret(url))
    assert "secretpath" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("headers", [{"X": "a\r\nY: hunter2"}, {"X Y": "hunter2"}, {"Host": "hunter2"}, {"X": "ä"}])
def test_a_faulty_header_is_told_without_its_value(headers: dict[str, str]) -> None:
    with pytest.raises(TailraceError, match="the header") as caught:
        Webhook("https://hooks.example.com/", headers={name: Secret(value) for name, value in headers.items()})
    assert "hunter2" not in str(caught.value)


def test_a_signing_secret_too_short_is_told_before_anything_is_sent() -> None:
    with pytest.raises(TailraceError, match="16 are needed"):
        Webhook("https://hooks.example.com/", secrets=[Secret("hunter2")])


@pytest.mark.parametrize("key", ["", "a b", "a\r\nX: y", 'a"', "a" * 129])
def test_a_key_that_is_no_name_is_a_fault_of_the_caller(key: str) -> None:
    with pytest.raises(ValueError, match="a key has"):
        Webhook("https://hooks.example.com/").send(b"{}", key=key, at=AT)
