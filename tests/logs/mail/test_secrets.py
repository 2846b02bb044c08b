"""Secrets are masked, and what is none stays readable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.logs.mail.secrets import LIMIT, MASK, mask_secrets


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("password=hunter2", "password=[masked]"),
        ("user=bob password=hu,nt;er2, next=1", "user=bob password=[masked], next=1"),
        ('{"dbPassword": "a \\"b c", "user": "bob"}', '{"dbPassword": "[masked]", "user": "bob"}'),
        ('{\\"password\\": \\"a\\", \\"n\\": 1}', '{\\"password\\": \\"[masked]\\", \\"n\\": 1}'),
        ('\\\\\\"password\\\\\\": \\\\\\"a\\\\\\", 1', '\\\\\\"password\\\\\\": \\\\\\"[masked]\\\\\\", 1'),
        ("passwd: 'it is' ok", "passwd: '[masked]' ok"),
        ("password=b'xyz' z", "password=b'[masked]' z"),
        ('password="never closed', 'password="[masked]'),
        ("Password: hunter2.", "Password: [masked]."),
        ("config['secret'] => 'abc'", "config['secret'] => '[masked]'"),
        ("<password>hunter2</password>", "<password>[masked]</password>"),
        ("api_key=abc123&user=bob", "api_key=[masked]&user=bob"),
        ("?X-Amz-Signature=0af3&x=1", "?X-Amz-Signature=[masked]&x=1"),
        ("access token=abcdef1234", "access token=[masked]"),
        ("mysql --password hunter2 --verbose", "mysql --password [masked] --verbose"),
        ("CREATE USER x IDENTIFIED BY 'a b';", "CREATE USER x IDENTIFIED BY [masked];"),
        ("Authorization: Bearer abc.def x", "Authorization: [masked]"),
        ("curl -H 'Authorization: Basic dTpw' https://x", "curl -H 'Authorization: [masked]' https://x"),
        ('Cookie: a="b"; c=d', "Cookie: [masked]"),
        ('{"set-cookie": "sid=1; Path=/", "n": 1}', '{"set-cookie": "[masked]", "n": 1}'),
        ("sent Bearer 0123456789abc", "sent Bearer [masked]"),
        ("postgres://u:s3@t@db:5432/x", "postgres://u:[masked]@db:5432/x"),
        ("key AKIAIOSFODNN7EXAMPLE used", "key [masked] used"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc", "[masked]"),
        ("ghp_" + "a1" * 18, "[masked]"),
        ("xoxb-1234567890-abc", "[masked]"),
        ("sk_live_" + "a1" * 8, "[masked]"),
        ("hooks.slack.com/services/T0/B0/xyz!", "hooks.slack.com/services/[masked]!"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nrest", "[masked]\nrest"),
        ("-----BEGIN PRIVATE KEY-----\nnever ends", "[masked]"),
        ("MIIE123+/\nabcd==\n-----END RSA PRIVATE KEY-----\nrest", "[masked]\nrest"),
        ("took 3 ms\nMIIE\n-----END PRIVATE KEY-----", "took 3 ms\n[masked]"),
        ('Authorization: Digest username="x", response="6629fae4"', "Authorization: [masked]"),
        ("user=bob pass=hunter2", "user=bob pass=[masked]"),
        ("{'pass': 'hunter2'}", "{'pass': '[masked]'}"),
        ("DB_PASS=hunter2 start", "DB_PASS=[masked] start"),
        ("auth=abc123def456", "auth=[masked]"),
        ("Ocp-Apim-Subscription-Key: abc123", "Ocp-Apim-Subscription-Key: [masked]"),
        ("connect.sid=s%3Aabc.123", "connect.sid=[masked]"),
        ("password%3Dhunter2", "password%3D[masked]"),
        ("the password is hunter2 now", "the password is [masked] now"),
        ("password 'hunter two' refused", "password [masked] refused"),
        ("your verification code: 123456.", "your verification code: [masked]."),
        ("pin: 1234", "pin: [masked]"),
        ("curl -u bob:hunter2 https://x", "curl -u bob:[masked] https://x"),
        ("mysql -uroot -phunter2 shop", "mysql -uroot -p[masked] shop"),
        ("sshpass -p hunter2 ssh x", "sshpass -p [masked] ssh x"),
        ("GET /back?code=4/0AX4XfWh-abc&state=x", "GET /back?code=[masked]&state=x"),
        ("https://discord.com/api/webhooks/12/ab_c", "https://discord.com/api/webhooks/[masked]"),
        ("xapp-1-A0123456789-abcdef", "[masked]"),
        ("GOCSPX-" + "a1" * 12, "[masked]"),
        ("hvs." + "a1" * 14, "[masked]"),
        ("dckr_pat_" + "a1" * 9, "[masked]"),
        ("AGE-SECRET-KEY-1" + "QPZRY9" * 6, "[masked]"),
        ("AC" + "0a" * 16 + ":" + "1b" * 16, "AC" + "0a" * 16 + ":[masked]"),
        ("paid with 4111111111111111.", "paid with [card …1111]."),
        ("paid with 4111 1111 1111 1111 200 times", "paid with [card …1111] 200 times"),
        ("3782-822463-10005", "[card …0005]"),
    ],
)
def test_a_secret_is_masked(text: str, masked: str) -> None:
    assert mask_secrets(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "unexpected token: '}'",
        "max_tokens=4096, tokens: 512000",
        "secretName: orders-db",
        "password=None",
        "password_policy=strict",
        'password: ""',
        "password=******",
        "the password has expired",
        "bearer authentication failed",
        "see https://example.com:8080/a@b",
        "at 1767607200000000 us",
        "order 4111111111111112",
        "build 1.4111111111111111",
        "id f4111111111111111a",
        "0000000000000000",
        "design=flat, assigned: bob",
        "id=7f9c24e8-3b12-4fae-9c3d-1f0e8a2b6c4d",
        "commit 11f6ad8ec52a2984abaafd7c3b516503785c2072",
        "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
        "trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7",
        "blk_-6952295868487656571 terminating",
        "at 1767607200123456789 ns, 4111111111111111111",
        "passed=14 failed=2 pass=14 bypass: true",
        "--- PASS: TestOrders1 (0.00s)",
        'password authentication failed for user "postgres"',
        "Failed password for invalid user admin from 1.2.3.4 port 22 ssh2",
        "/var/run/secrets/kubernetes.io/serviceaccount/token: permission denied",
        'secret "orders-db" not found',
        "authorization: denied, auth=ok",
        "termination for sessionid: 0x14ede63a5a70002",
        "Bad activity token: android.os.BinderProxy@2bd79ce",
        "docker run --user 1000:1000 -p 8080:80 shop",
        "primary key violation, cache key: orders:12",
        "session opened for user root(uid=0)",
        "GET /x?code=500&status=200",
        "signature verification failed, pin 12 of the connector",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert mask_secrets(text) == text


def test_a_secret_at_the_limit_is_cut_away_and_not_in_half() -> None:
    text = "x " * (LIMIT // 2 - 8) + "password=" + "hunter2" * 10
    assert "hunter" not in mask_secrets(text)


def test_a_long_text_without_a_blank_is_cut_at_the_limit() -> None:
    assert mask_secrets("x" * (2 * LIMIT)) == "x" * (LIMIT - 1) + "…"


@given(st.text(st.characters(codec="utf-8"), max_size=40), st.text("abcXYZ019_!#$%*+", min_size=6, max_size=30))
def test_a_password_is_masked_whatever_stands_before_it(before: str, password: str) -> None:
    secret = f"Zq{password}9"
    assert secret not in mask_secrets(f"{before} password={secret}")


@given(
    st.lists(st.sampled_from(["password=", "token: ", '"', "'", "\\", "a1b2c3", " ", "://", "@", "\n", ";k=", MASK]))
)
def test_masking_twice_changes_no_more(parts: list[str]) -> None:
    once = mask_secrets("".join(parts))
    assert mask_secrets(once) == once
