"""PostgreSQL, by the chapter "Error Reporting and Logging" of its manual."""

DEFAULT = """\
2026-01-05 10:00:00.123 UTC [1] LOG:  starting PostgreSQL 16.1 on x86_64-pc-linux-gnu
2026-01-05 10:00:01.000 UTC [12] ERROR:  relation "users" does not exist at character 15
2026-01-05 10:00:01.000 UTC [12] STATEMENT:  SELECT *
\tFROM users
2026-01-05 10:00:02.000 UTC [13] ERROR:  duplicate key value violates unique constraint "a_pkey"
2026-01-05 10:00:02.000 UTC [13] DETAIL:  Key (id)=(1) already exists.
2026-01-05 10:00:02.000 UTC [13] HINT:  Try another.
2026-01-05 10:00:03.000 UTC [14] FATAL:  password authentication failed for user "bob"
2026-01-05 10:00:04.000 UTC [1] WARNING:  there is no transaction in progress
2026-01-05 10:00:05.000 UTC [1] PANIC:  could not write to file "pg_wal/xlogtemp.1": No space left on device
2026-01-05 10:00:06.000 UTC [1] NOTICE:  table "x" does not exist, skipping
2026-01-05 10:00:07.000 UTC [1] DEBUG:  x
2026-01-05 10:00:08.000 UTC [1] LOG:  ERROR:  is only a word here
2026-01-05 10:00:09.000 UTC [1] LOG:  database system is ready to accept connections
"""
PREFIXED = """\
2026-01-05 10:00:00 UTC [12]: user=app,db=shop,app=[unknown],client=1.2.3.4 LOG:  connection authorized
2026-01-05 10:00:01 UTC [12]: user=app,db=shop,app=psql,client=1.2.3.4 ERROR:  syntax error at or near "x"
2026-01-05 10:00:01 UTC [12]: user=app,db=shop,app=psql,client=1.2.3.4 STATEMENT:  x
2026-01-05 10:00:02.123 CET [12-3] app@shop WARNING:  x
2026-01-05 10:00:03.123 +0100 [12] app@shop FATAL:  x
2026-01-05 10:00:04 UTC [12] LOG:  x
2026-01-05 10:00:05 UTC [12] LOG:  x
2026-01-05 10:00:06 UTC [12] LOG:  x
2026-01-05 10:00:07 UTC [12] LOG:  x
2026-01-05 10:00:08 UTC [12] LOG:  x
2026-01-05 10:00:09 UTC LOG:  without a process
"""


def test_postgresqls_default(check):
    found = check("postgresql", DEFAULT)
    assert found.levels == ["INFO", "ERROR", "ERROR", "FATAL", "WARN", "FATAL", "INFO", "DEBUG", "INFO", "INFO"]
    assert found.times[0] == "2026-01-05T10:00:00.123000+00:00"
    assert found.column("body")[0] == "starting PostgreSQL 16.1 on x86_64-pc-linux-gnu"
    assert found.column("thread")[1] == "12"


def test_statement_detail_and_hint_go_on_with_the_message(read):
    found = read(DEFAULT)
    assert found.column("body")[0].endswith("STATEMENT:  SELECT *\n\tFROM users")
    assert found.column("body")[1].count("\n") == 2
    assert found.column("line")[:3] == [2, 5, 8]


def test_more_before_the_severity(check):
    found = check("postgresql", PREFIXED)
    assert found.levels == ["INFO", "ERROR", "WARN", "FATAL", *["INFO"] * 6]
    assert found.times[3] == "2026-01-05T09:00:03.123000+00:00"
    assert {"key": "prefix", "value": "app@shop"} in found.column("attributes")[2]
    assert found.column("body")[9] == "without a process"


def test_postgresql_after_a_restart_in_another_format(restart):
    restart("postgresql", DEFAULT)
    restart("postgresql", PREFIXED)
