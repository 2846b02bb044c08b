"""Stack traces are cut cause by cause, with their first frames, one's own code before that of libraries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.logs.mail.frames import omitted, parts_of
from tailrace.logs.mail.sample import cut_sample

JAVA = """Charge failed
java.net.SocketTimeoutException: Read timed out
    at java.base/sun.nio.ch.NioSocketImpl.timedRead(NioSocketImpl.java:288)
    at org.apache.http.impl.Chain.execute(Chain.java:40)
    at org.apache.http.impl.Chain.execute(Chain.java:41)
    at com.shop.pay.Pipeline.step(Pipeline.java:7)
    at com.shop.pay.Pipeline.run(Pipeline.java:9)
    at org.springframework.web.Servlet.service(Servlet.java:1)
Caused by: com.shop.pay.GatewayException: no answer
    at com.shop.pay.Gateway.charge(Gateway.java:91)
    at com.shop.pay.Retry.run(Retry.java:33)
    ... 31 more
Caused by: java.io.IOException: broken pipe
    at java.base/java.io.FileOutputStream.write(FileOutputStream.java:1)
    at com.shop.pay.Wire.send(Wire.java:5)
    ... 33 more"""

PYTHON = """Job failed
Traceback (most recent call last):
  File "/app/jobs/run.py", line 10, in main
    work()
    ~~~~^^
  File "/usr/lib/python3/site-packages/click/core.py", line 10, in invoke
    call()
  File "/app/jobs/db.py", line 10, in query
    db.execute(q)
  File "/usr/lib/python3/site-packages/sqlalchemy/engine.py", line 99, in execute
    cursor.execute()
psycopg2.OperationalError: connection refused

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/app/jobs/run.py", line 12, in main
    work()
JobFailed: nightly"""

GO = """panic: runtime error: invalid memory address
[signal SIGSEGV]

goroutine 18 [running]:
runtime.panicmem(...)
	/usr/local/go/src/runtime/panic.go:260
main.(*Server).handle(0xc000010, 0x1)
	/app/server.go:88 +0x1d
net/http.HandlerFunc.ServeHTTP(0x1)
	/usr/local/go/src/net/http/server.go:2122 +0x2f
net/http.serverHandler.ServeHTTP(0x1)
	/usr/local/go/src/net/http/server.go:2936 +0x316"""

DOTNET = """Unhandled exception. System.InvalidOperationException: Order failed
 ---> System.Net.Http.HttpRequestException: Connection refused
   at System.Net.Http.ConnectHelper.ConnectAsync(String host)
   at System.Net.Http.HttpConnectionPool.GetAsync()
   at Shop.Payments.Client.Charge(Order o) in /src/Client.cs:line 41
   --- End of inner exception stack trace ---
   at Shop.Orders.Service.Place(Order o) in /src/Service.cs:line 90
   at Microsoft.AspNetCore.Mvc.Invoke()
   at Microsoft.AspNetCore.Mvc.Respond()"""

NODE = """Error: no such order
    at Orders.find (/app/src/orders.js:12:9)
    at Layer.handle (/app/node_modules/express/lib/router/layer.js:95:5)
    at next (/app/node_modules/express/lib/router/route.js:144:13)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)
    at async Orders.serve (/app/src/serve.js:31:3)
  [cause]: Error: connect ECONNREFUSED
      at TCPConnectWrap.afterConnect (node:net:1555:16)"""

RUST = """thread 'main' panicked at src/main.rs:4:5:
index out of bounds
stack backtrace:
   0: rust_begin_unwind
             at /rustc/abc/library/std/src/panicking.rs:652:5
   1: core::panicking::panic_fmt
             at /rustc/abc/library/core/src/panicking.rs:72:14
   2: shop::orders::find
             at ./src/orders.rs:12:9
   3: shop::main
             at ./src/main.rs:4:5"""

RUBY = """undefined method `total' for nil (NoMethodError)
	from /app/models/order.rb:12:in `sum'
	from /usr/lib/ruby/gems/rack-2.2/lib/rack.rb:5:in `call'
	from /usr/lib/ruby/gems/rack-2.2/lib/rack.rb:6:in `serve'
	from /app/config.ru:3:in `<main>'"""


def cut(text: str, lines: int) -> list[str]:
    return list(cut_sample(text, lines=lines, width=120))


def test_every_cause_keeps_its_own_code_and_the_rest_is_counted() -> None:
    assert cut(JAVA, 8) == [
        "Charge failed",
        "java.net.SocketTimeoutException: Read timed out",
        "    at java.base/sun.nio.ch.NioSocketImpl.timedRead(NioSocketImpl.java:288)",
        "    … 2 more frames",
        "    at com.shop.pay.Pipeline.step(Pipeline.java:7)",
        "    … 2 more frames",
        "Caused by: com.shop.pay.GatewayException: no answer",
        "    at com.shop.pay.Gateway.charge(Gateway.java:91)",
        "    … 32 more frames",
        "Caused by: java.io.IOException: broken pipe",
        "    at java.base/java.io.FileOutputStream.write(FileOutputStream.java:1)",
        "    … 34 more frames",
    ]


def test_of_very_many_causes_the_first_and_the_last_are_kept() -> None:
    chain = "\n".join(
        f"Caused by: a.b.C{number}Exception: {number}\n    at a.b.C.d(C.java:{number})" for number in range(40)
    )
    shown = cut(f"x\n{chain}", 6)
    assert "Caused by: a.b.C0Exception: 0" in shown
    assert "Caused by: a.b.C39Exception: 39" in shown


def test_a_python_trace_keeps_where_it_happened_and_its_exceptions() -> None:
    assert cut(PYTHON, 12) == [
        "Job failed",
        "Traceback (most recent call last):",
        "  … 2 more frames",
        '  File "/app/jobs/db.py", line 10, in query',
        "    db.execute(q)",
        '  File "/usr/lib/python3/site-packages/sqlalchemy/engine.py", line 99, in execute',
        "    cursor.execute()",
        "psycopg2.OperationalError: connection refused",
        "The above exception was the direct cause of the following exception:",
        "Traceback (most recent call last):",
        '  File "/app/jobs/run.py", line 12, in main',
        "    work()",
        "JobFailed: nightly",
    ]


@pytest.mark.parametrize(
    ("trace", "lines", "own", "gone"),
    [
        (GO, 8, "main.(*Server).handle(0xc000010, 0x1)", "net/http.serverHandler.ServeHTTP(0x1)"),
        (
            DOTNET,
            6,
            "   at Shop.Orders.Service.Place(Order o) in /src/Service.cs:line 90",
            "   at Microsoft.AspNetCore",
        ),
        (NODE, 5, "    at async Orders.serve (/app/src/serve.js:31:3)", "    at Layer.handle"),
        (RUST, 7, "   2: shop::orders::find", "   1: core::panicking::panic_fmt"),
        (RUBY, 3, "    from /app/config.ru:3:in `<main>'", "rack.rb:6"),
    ],
)
def test_in_other_languages_too_ones_own_code_goes_before_libraries(
    trace: str, lines: int, own: str, gone: str
) -> None:
    shown = cut(trace, lines)
    assert own in shown
    assert not any(line.startswith(gone) for line in shown)
    assert shown[0] == trace.partition("\n")[0]
    assert any("more frame" in line for line in shown)


def test_a_trace_that_fits_is_shown_as_it_is() -> None:
    assert cut(JAVA, 20) == JAVA.split("\n")


def test_a_gap_of_one_line_is_filled() -> None:
    assert cut("a\nValueError: b\nc\nd\ne\nf", 4) == ["a", "ValueError: b", "c", "… 2 more lines", "f"]
    assert cut("a\nb\nc\nd\nValueError: e", 4) == ["a", "b", "c", "d", "ValueError: e"]


def test_blank_lines_go_first() -> None:
    assert cut("a\n\n\nb\n\nc", 3) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("line", "number"),
    [("    ... 31 more", 31), ("\t... 7 common frames omitted", 7), ("... and 3 more", 0), ("31 more", 0)],
)
def test_frames_that_the_log_left_out_are_known(line: str, number: int) -> None:
    assert omitted(line) == number


@given(st.lists(st.sampled_from(f"{JAVA}\n{PYTHON}\n{GO}\n{RUST}\n\n".split("\n")), max_size=60), st.integers(1, 20))
def test_every_line_belongs_to_one_part_and_not_many_more_are_shown_than_asked_for(lines: list[str], most: int) -> None:
    places = sorted(
        number
        for part in parts_of(lines)
        for unit in part.units
        for number in range(unit.start, unit.start + unit.size)
    )
    assert places == list(range(len(lines)))
    shown = cut("\n".join(lines), most)
    assert len(shown) <= 2 * most + 1
