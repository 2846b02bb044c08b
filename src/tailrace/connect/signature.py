"""The signature of a webhook, by which its receiver knows who sent it, unchanged, and just now. Pure.

It is that of Standard Webhooks (https://www.standardwebhooks.com), for which many languages have a library. Three
headers are sent:

    webhook-id         names the event; the same in every attempt to deliver it
    webhook-timestamp  when this attempt was made, in whole seconds since 1970
    webhook-signature  `v1,` and the signature in base64; several, parted by blanks, while a key is being replaced

The signature is HMAC-SHA256 over `<id>.<timestamp>.<body>`, the body byte by byte as it was sent. A receiver computes
it with its own key, compares in constant time, refuses a timestamp more than five minutes away, and lets an id that it
has seen in that time pass without effect: what was recorded on the way can then neither be changed nor played back.
`verify` does all but the last.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from tailrace.model.errors import TailraceError
from tailrace.model.settings import Secret

TOLERANCE = timedelta(minutes=5)
ID_HEADER, TIME_HEADER, SIGNATURE_HEADER = "webhook-id", "webhook-timestamp", "webhook-signature"
_PREFIX = "whsec_"
_VERSION = "v1,"
_SHORTEST = 16
_HINT = "make one with: openssl rand -base64 32, and write whsec_ before it"


def signing_key(secret: Secret) -> bytes:
    """The key that a secret stands for: what follows `whsec_`, in base64, or else the text itself.

    Raises TailraceError, without the secret in it, when it is shorter than 16 bytes or no base64.
    """
    text = secret.reveal()
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True) if text.startswith(_PREFIX) else text.encode()
    except (binascii.Error, ValueError):
        raise TailraceError("the signing secret of a webhook begins with whsec_ and is no base64", hint=_HINT) from None
    if len(key) < _SHORTEST:
        raise TailraceError(f"the signing secret of a webhook has {len(key)} bytes; {_SHORTEST} are needed", hint=_HINT)
    return key


def sign(secrets: Sequence[Secret], *, key: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers for one attempt, made `at`, to deliver the event `key`; signed with every secret, in order."""
    seconds = str(int(at.timestamp()))
    signatures = [_VERSION + _mac(signing_key(secret), key, seconds, body) for secret in secrets]
    return {ID_HEADER: key, TIME_HEADER: seconds, SIGNATURE_HEADER: " ".join(signatures)}


def verify(secrets: Sequence[Secret], headers: Mapping[str, str], body: bytes, *, now: datetime) -> str:
    """The id of a delivery that one of `secrets` has signed within five minutes of `now`; header names in any case.

    Raises TailraceError when it is not signed, signed by somebody else, changed, or too old.
    """
    named = {name.lower(): value for name, value in headers.items()}
    key, seconds, said = (named.get(name, "") for name in (ID_HEADER, TIME_HEADER, SIGNATURE_HEADER))
    if not key or not (seconds.isascii() and seconds.isdigit()) or not said:
        raise TailraceError(f"the request has no {ID_HEADER}, {TIME_HEADER} and {SIGNATURE_HEADER}")
    if abs(now.timestamp() - int(seconds)) > TOLERANCE.total_seconds():
        raise TailraceError("the request was signed more than five minutes from now", hint="compare the clocks")
    expected = [_mac(signing_key(secret), key, seconds, body).encode() for secret in secrets]
    given = [one.removeprefix(_VERSION).encode() for one in said.split() if one.startswith(_VERSION)]
    if not any(hmac.compare_digest(one, mac) for one in given for mac in expected):
        raise TailraceError("the signature of the request is not that of its content", hint="compare the secrets")
    return key


def _mac(key: bytes, name: str, seconds: str, body: bytes) -> str:
    return base64.b64encode(hmac.digest(key, f"{name}.{seconds}.".encode() + body, "sha256")).decode()
