"""The webhook receiver: tells an HTTP server, Slack, Teams, PagerDuty or Alertmanager of alerts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from tailrace.connect.credentials import revealed
from tailrace.connect.webhook import Webhook
from tailrace.logs.grouping.parcel import Parcel
from tailrace.logs.receiver import Handed, Receiver
from tailrace.logs.receivers.shape import Telling, by_weight, delivery_key, encoded
from tailrace.logs.receivers.shapes import SHAPES
from tailrace.logs.records import Alert
from tailrace.model.errors import TailraceError
from tailrace.model.settings import Secret, Setting

_STANDS_ELSEWHERE = ("env:", "file:")
_ROUTING_KEY = "routing_key"
_LATER = Secret("known when it is sent")


def _check_url(url: Secret) -> None:
    if url.reveal() and not url.reveal().startswith(_STANDS_ELSEWHERE):
        Webhook(url)


def _check_headers(lines: Secret) -> None:
    if not lines.reveal().startswith(_STANDS_ELSEWHERE):
        read_headers(lines)


def read_headers(lines: Secret) -> dict[str, Secret]:
    """HTTP headers written `Name: value`, one a line. Raises TailraceError for a line that is none."""
    headers = {}
    for line in filter(str.strip, lines.reveal().splitlines()):
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise TailraceError("a header of a webhook has no colon", hint="write it as in 'Authorization: Bearer ...'")
        headers[name.strip()] = Secret(value.strip())
    return headers


class WebhookReceiver(Receiver):
    """Posts alerts as JSON. Slack and Teams are told of several at once, the others of each event by itself.

    Delivery is at least once: every attempt has the same body and the same Idempotency-Key. Wherever a secret is
    needed (the address, which is one with Slack and Teams, too), `env:NAME` and `file:PATH` say where it stands.
    """

    shape = Setting(str, default="json", choices=tuple(SHAPES), help="whose language is spoken")
    url = Setting(Secret, default=Secret(""), check=_check_url, help="the address; PagerDuty's is known")
    secret = Setting(
        Secret, default=Secret(""), help="secrets to sign with as Standard Webhooks does, parted by blanks; empty: none"
    )
    headers = Setting(Secret, default=Secret(""), check=_check_headers, help="more headers, 'Name: value', one a line")
    routing_key = Setting(Secret, default=Secret(""), help="PagerDuty's integration key")
    timeout = Setting(timedelta, default=timedelta(seconds=30), help="how long to wait for an answer")
    mask_secrets = Setting(bool, default=True, help="whether passwords, tokens and the like are masked")
    lease = Setting(
        timedelta, default=timedelta(days=1), help="how long an alert stands in Alertmanager if not renewed"
    )

    @classmethod
    def check_wiring(cls, settings: Mapping[str, Any], wiring: Mapping[str, Any]) -> list[tuple[str, str, str]]:  # noqa: ARG003
        """An address is needed by all but PagerDuty, and a routing key by PagerDuty."""
        shape = settings.get("shape", "json")
        if shape == "pagerduty" and not _given(settings, _ROUTING_KEY):
            return [(_ROUTING_KEY, "PagerDuty needs a routing key", "it is the integration key of Events API v2")]
        if shape in SHAPES and not SHAPES[shape].url and not _given(settings, "url"):
            return [("url", "a webhook needs an address", "write it as in https://hooks.example.com/alerts")]
        return []

    def on_start(self) -> None:
        """Make ready for sending. Raises SetupFault when a secret is not where it is said to be."""
        super().on_start()
        self._form = SHAPES[self.shape]
        secrets = revealed(self.secret).reveal().split()
        self._webhook = Webhook(
            self._address(),
            secrets=[Secret(text) for text in secrets],
            headers=read_headers(revealed(self.headers)),
            timeout=self.timeout.total_seconds(),
        )
        self._routing_key = revealed(self.routing_key)

    def each(self) -> bool:
        """Slack and Teams are told of several alerts at once."""
        return SHAPES[self.shape].each

    def where(self) -> str:
        """Whom it tells: of the address no more than its host, which is no secret."""
        address = self.url.reveal() or SHAPES[self.shape].url
        place = address if address.startswith(_STANDS_ELSEWHERE) else urlsplit(address).netloc.rpartition("@")[2]
        return f"{self.shape} at {place}"

    def compose(self, alerts: Sequence[Alert], *, digest: bool) -> Parcel:
        """One request; PagerDuty's key is put in when it is sent, so that it is saved nowhere."""
        telling = Telling(
            now=self.context.now,
            zone=ZoneInfo(self.zone),
            mask_secrets=self.mask_secrets,
            routing_key=_LATER,
            lease=self.lease,
        )
        latest = by_weight(alerts)
        alone = len(latest) == 1 and not digest
        body = self._form.one(latest[0], telling) if alone else self._form.several(alerts, telling)
        return Parcel(delivery_key(alerts), body)

    def hand_over(self, parcel: Parcel) -> Handed:
        """Post it."""
        body = parcel.body
        if self.shape == "pagerduty":
            body = encoded(json.loads(body) | {_ROUTING_KEY: self._routing_key.reveal()})
        self._webhook.send(body, key=parcel.key, at=self.context.now)
        return Handed(f"sent to {self.shape} at {self._webhook.host}")

    def _address(self) -> Secret:
        return revealed(self.url) if self.url.reveal() else Secret(self._form.url)


def _given(settings: Mapping[str, Any], name: str) -> bool:
    value = settings.get(name)
    return isinstance(value, Secret) and bool(value.reveal())
