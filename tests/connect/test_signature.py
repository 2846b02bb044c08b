"""The signature of webhooks."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tailrace.connect.signature import sign, signing_key, verify
from tailrace.model.errors import TailraceError
from tailrace.model.settings import Secret

AT = datetime(2026, 1, 5, 10, 41, 20, tzinfo=UTC)
SECRET = Secret("whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode())
OTHER = Secret("another secret, in plain words")
BODY = b'{"app": "orders"}'


def signed(*secrets: Secret, **changes: Any) -> dict[str, str]:
    return sign(secrets or (SECRET,), **{"key": "a1", "at": AT, "body": BODY} | changes)


def test_the_known_answer_of_the_specification_is_met() -> None:
    # The example of the Standard Webhooks libraries.
    headers = sign(
        [Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")],
        key="msg_p5jXN8AQM9LWM0D4loKWxJek",
        at=datetime.fromtimestamp(1614265330, UTC),
        body=b'{"test": 2432232314}',
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_was_signed_is_verified_and_named() -> None:
    assert verify([SECRET], signed(), BODY, now=AT + timedelta(minutes=4)) == "a1"


def test_names_of_headers_may_come_in_any_case() -> None:
    headers = {name.title(): value for name, value in signed().items()}
    assert verify([SECRET], headers, BODY, now=AT) == "a1"


@pytest.mark.parametrize("part", ["body", "webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_change_of_any_part_is_found(part: str) -> None:
    headers = signed()
    body = BODY + b" " if part == "body" else BODY
    changed = {"webhook-id": "a2", "webhook-timestamp": str(int(AT.timestamp()) + 1), "webhook-signature": "v1,AAAA"}
    if part in changed:
        headers[part] = changed[part]
    with pytest.raises(TailraceError, match="is not that of its content"):
        verify([SECRET], headers, body, now=AT)


@pytest.mark.parametrize("late", [timedelta(minutes=6), -timedelta(minutes=6)])
def test_an_old_request_played_back_is_refused(late: timedelta) -> None:
    with pytest.raises(TailraceError, match="more than five minutes from now"):
        verify([SECRET], signed(), BODY, now=AT + late)


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_request_without_one_of_the_headers_is_refused(missing: str) -> None:
    headers = {name: value for name, value in signed().items() if name != missing}
    with pytest.raises(TailraceError, match="has no webhook-id"):
        verify([SECRET], headers, BODY, now=AT)


def test_a_time_that_is_no_number_is_refused() -> None:
    with pytest.raises(TailraceError, match="has no webhook-id"):
        verify([SECRET], signed() | {"webhook-timestamp": "²"}, BODY, now=AT)


def test_while_a_secret_is_replaced_both_are_good() -> None:
    headers = signed(OTHER, SECRET)
    assert verify([SECRET], headers, BODY, now=AT) == verify([OTHER], headers, BODY, now=AT) == "a1"
    assert verify([OTHER, SECRET], signed(SECRET), BODY, now=AT) == "a1"


def test_another_secret_does_not_verify() -> None:
    with pytest.raises(TailraceError, match="is not that of its content"):
        verify([OTHER], signed(SECRET), BODY, now=AT)


@pytest.mark.parametrize("faulty", ["whsec_no base64!", "whsec_" + base64.b64encode(b"short").decode(), "hunter2"])
def test_a_faulty_secret_is_refused_and_not_shown(faulty: str) -> None:
    with pytest.raises(TailraceError) as caught:
        signing_key(Secret(faulty))
    assert faulty not in str(caught.value) + str(caught.value.hint)
