"""Fingerprints: the same error in other words for the same numbers, and nothing else, under one hash."""

import base64
import random

import polars as pl
import pytest

from tailrace.logs.reading.fingerprint import fingerprint, fingerprints


def prints(*bodies):
    return fingerprints(pl.Series(list(bodies), dtype=pl.String))["fingerprint"].to_list()


def templates(*bodies):
    return fingerprints(pl.Series(list(bodies), dtype=pl.String))["template"].to_list()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("took 35 ms", "took 1,203.5 ms"),
        ("took 35ms", "took 4s"),
        ("sent 4KB", "sent 17MiB"),
        ("to /10.1.2.3:50010", "to /192.168.0.1:80"),
        ("to host.example.com/10.1.2.3:8020", "to other/10.1.2.4:8020"),
        ("mail from bob@example.com", "mail from alice.b@mail.example.org"),
        ("GET http://a.example/x?y=1 failed", "GET https://b.example:8080/ failed"),
        ("job 3b6c1234-aaaa-bbbb-cccc-1234567890ab gone", "job 00000000-1111-4222-8333-ffffffffffff gone"),
        ("commit 9f86d081884c7d65 gone", "commit a3c1e9b07d22f001 gone"),
        ("at 0xdeadbeef", "at 0x1f"),
        ("open /var/log/a.log", "open /srv/data/9/b.txt"),
        ("open C:\\Users\\bob\\a.txt", "open D:\\x\\y"),
        ("since 2026-01-05T10:00:00.123Z", "since 2025-12-31T23:59:59Z"),
        ("block blk_38865049064139660 done", "block blk_1 done"),
        ("ids 1, 2, 3", "ids 4"),
        ('no such user "bob"', 'no such user "alice smith"'),
        ("token a1b2c3d4e5 expired", "token Z9f8Q7kk2m expired"),
        ("temperature -5", "temperature 17"),
        ("lock=12 name=android ws=null", "lock=7f name=a.b.C ws=Source{10 x}"),
        ("connection from 1.2.3.4 () at Fri Jan 2 10:00", "connection from 4.3.2.1 (h.example.com) at Sat Feb 14 1:02"),
        ("lost mail.example.org", "lost dsl-10.1.2.3.example.net"),
        ("lost cache.example.ac.uk:80", "lost 10.1.2.3.dyn.example.com"),
        ("closed for user alice", "closed for user bob"),
        ("Invalid user alice from 1.2.3.4", "Invalid user bob from 4.3.2.1"),
        ("Failed password for root from 1.2.3.4 port 22", "Failed password for bob from 10.0.0.1 port 4022"),
        ("checking a.example.com [1.2.3.4]", "checking b [4.3.2.1]"),
        ('1.2.3.4 "GET /a" 200', '1.2.3.4,4.3.2.1 "GET /b" 404'),
        ("12.5 KB free", "7 B free"),
        ("register c0a8 set", "register 17 set"),
        ("joined 5c:50:15:36:bc:03", "joined 00-1b-21-3c-9d-f8"),
        ("bound to fe80::1", "bound to 2001:db8::8a2e:370:7334"),
        ("node R02-M1-N0-C:J12-U11 is down", "node R04-M1-NC-I:J18-U01 is down"),
        ("stored rdd_3_1", "stored broadcast_12_piece0"),
        ("lifetime <1 sec", "lifetime 00:01"),
        ("waited 1 second", "waited 5 seconds"),
        ("no file 'a b'", "no file 'c'"),
        ("tags [a, b]", "tags [c, d, e]"),
        ("dump ffffffff 00106570", "dump 0245a898"),
        ("redo starts at 0/15258A0", "redo starts at 1/15A69D8"),
        ("slot 00007f36a6f08e00", "slot 7d72"),
        ("no access for 'bob'@'10.0.0.1'", "no access for 'amy'@'db.example.com'"),
        ("no such columns 'a','b'", "no such columns 'a', 'c', 'd'"),
        ('database ""shop"" is gone', 'database ""x y"" is gone'),
        ("user joe: no password", "user eve@here: no password"),
        ("listening on 0.0.0.0:80", "listening on [::]:443"),
        ("listening on [*]:80", "listening on [2001:db8::1]:80"),
        ("address :: port 53", "address 10.0.0.1 port 853"),
        ("status installed libc-bin:amd64 2.36-9+deb12u10", "status installed x:all 1:9.2p1-2~rc1"),
        ("upgraded to 1.0.2k-1", "upgraded to 9.2p1-2"),
        ("zone 10.IN-ADDR.ARPA/IN is gone", "zone 8.b.d.0.1.0.0.2.ip6.arpa/IN is gone"),
        ("zone a.test/IN is gone", "zone b.example/IN is gone"),
        ("open https://bob:pw@h.example.com:8443/p?q=1 failed", "open jdbc:mysql://db:3306/x failed"),
        ("open http://[fe80::1%eth0]:8080/a failed", "open s3://bucket/key failed"),
        ("peer [::1]:8080 left", "peer fe80::1%eth0 left"),
        ("peer ::ffff:10.0.0.1 left", "peer 10.0.0.2:443 left"),
        ("route 10.0.0.0/8", "route fd00:1:2:3::4/64"),
        ("took 15.2µs", "took 1h2m3.4s"),
        ("took 4h30m", "took 300 ms"),
        ("took 5 s", "took 15 μs"),
        ("heap 512K->100M(2G)", "heap 1G->2M(4G)"),
        ("open \\\\server\\share\\f.txt", "open ../x/y"),
        ("open ~/x/y", "open ./a/b"),
        ("pod orders-7d9c5b6f4d-x2x8q is gone", "pod orders-5f9ab1e2c7-zzkqp is gone"),
        (r'said "a \"b\" c"', 'said "x"'),
        ("zone version.bind/CH: loaded", "zone shop.example/IN: loaded"),
        ("fetch: ./NS", "fetch: shop.example/DNSKEY"),
        ("resolving shop.example. A IN", "resolving . NS IN"),
        ("freed tree(.)", "freed tree(shop.example)"),
        ("imap(amy)<17><h1Hl/epg9tl/AAAB>: closed", "imap(bob)<4><kFHrAetgqR/AAAB>: closed"),
        ("pam_unix(imap:auth): check pass", "pam_unix(sshd:auth): check pass"),
        ("left a.test[10.0.0.1] ehlo=1 mail=1 quit=1 commands=3", "left b.test[10.0.0.2] ehlo=1 rcpt=0/1 commands=1/2"),
        ("argument: -Dshop.home=/srv/x", "argument: --add-opens=java.base/java.io=ALL-UNNAMED"),
        ("unknown option --frob", "unknown option -x"),
        ("duration: 3.1 ms  statement: select 1", "duration: 4 ms  statement: UPDATE a SET b = 'c' WHERE d = 5"),
        ("execute S_1: SELECT $1", "execute <unnamed>: insert into a values ($1)"),
        ("conf: shop.top.users = 10", "conf: shop.top.windows.minutes = 5"),
        ("cannot read settings.json", "cannot read other_settings.yaml"),
        ("Started nginx.service - Web.", "Started cron.service - Web."),
        ("no service c2s_direct", "no service legacy_ssl"),
        ("service: legacy_ssl", "service: s2s"),
        ("capacity of map cachedBlocks", "capacity of map storedFiles"),
        ("host db_1 is down", "host web-02 is down"),
        ("service [paper] for user [HOUSE]\\[amy]", "service [IPC$] for user [VM]\\[bob]"),
        ("voters=[1] left", "voters=[] left"),
    ],
)
def test_what_varies_does_not_matter(one, other):
    assert prints(one)[0] == prints(other)[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("disk full", "disk empty"), ("user 5 gone", "group 5 gone"), ("", "x"), ("a" * 8, "a" * 9),
        ("error=timeout n=1", "error=refused n=1"), ('"GET /a" failed', '"PUT /a" failed'), ("a == b", "a == c"),
        ("java.net.ConnectException: x", "java.net.BindException: x"), ("added", "faded"),
        ("it's a b", "it's a c"), ("std::abort called", "std::exit called"), ("set [a]", "set [b]"),
        ("pod orders-7d9c5b6f4d-x2x8q is gone", "pod bills-7d9c5b6f4d-x2x8q is gone"), ("a-to-z", "a-to-y"),
        ("service started", "service stopped"), ("user: unknown", "user: locked"), ("Err(NotFound)", "Err(Busy)"),
        ("java.io.IOException(full)", "java.io.IOException(gone)"), ("error=[busy] n=1", "error=[gone] n=1"),
        ("query failed: timeout", "query failed: refused"), ("value N/A", "value I/O"), ("a - b", "a - c"),
        ("host lost", "host back"), ("file: ReadException: x", "file: WriteException: x"),
    ],
)  # fmt: skip
def test_what_a_person_would_tell_apart_is_told_apart(one, other):
    assert prints(one) != prints(other)


def test_the_hash_is_the_same_on_every_machine_and_run():
    assert fingerprint("took <n>") == "2bc44ceb27ddab6b"
    assert prints("took 3")[0] == fingerprint("took <n>")
    assert len(set(prints(*(f"word {chr(97 + n)}" for n in range(26))))) == 26


def test_a_message_is_judged_by_itself():
    bodies = ["a 1", "2", "", "3 b", "x9y8z7w6", "tail"]
    assert prints(*bodies) == [prints(body)[0] for body in bodies]
    assert templates(*bodies) == ["a <n>", "<n>", "", "<n> b", "<n>", "tail"]


def test_frames_take_part_but_not_their_line_numbers():
    trace = "it broke\njava.io.IOException: disk {}\n\tat a.b.C.d(C.java:{})\n\tat a.b.C.e(C.java:{})"
    assert prints(trace.format(1, 12, 34)) == prints(trace.format(2, 13, 35))
    assert prints(trace.format(1, 12, 34)) != prints(trace.replace("C.d", "X.y").format(1, 12, 34))
    assert templates("it broke\nValueError: x\n  indented") == ["it broke\nValueError"]


def test_the_first_line_that_says_something_takes_part():
    assert templates("\n\n*****\nFAILED TO START\n*****\n\nmore", "\n") == ["FAILED TO START", ""]


def test_only_the_beginning_of_a_very_long_message_takes_part():
    assert prints("x" * 5000 + "a") == prints("x" * 5000 + "b")
    assert prints("é" * 5000) == prints("é" * 5001)


def test_no_messages_have_no_fingerprints():
    assert prints() == []


def test_what_is_written_in_base64_is_one_thing_and_long_names_are_not():
    noise = random.Random(7)
    tokens = [base64.b64encode(noise.randbytes(60)).decode() for _ in range(300)]
    tokens += [base64.urlsafe_b64encode(noise.randbytes(100)).decode() for _ in range(300)]
    found = templates(*(f"refused the token {token} of a guest" for token in tokens))
    assert found.count("refused the token <n> of a guest") > 580
    names = (
        "com.shop.orders-OrderServiceImplementationFactoryBean",
        "SOME_LONG_NAME_OF_A_SETTING_Or_Other_that_is_missing",
    )
    assert templates(*names) == list(names)
