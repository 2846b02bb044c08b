"""Stack traces of many languages: each is one record with the line that it came with, whatever the format around it."""

# ruff: noqa: E501 - traces are shown whole

import pytest

TRACES = {
    "Java": "java.lang.IllegalStateException: boom\n\tat a.b.C.d(C.java:3)\n\t... 12 more\nCaused by: java.io.IOException: no\n\tat a.b.C.e(C.java:9)",
    "Python": 'Traceback (most recent call last):\n  File "x.py", line 3, in f\n    1 / 0\nZeroDivisionError: division by zero\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File "y.py", line 1, in g\n    f()\nValueError: x',
    "Go": "goroutine 1 [running]:\nmain.main()\n\t/src/main.go:7 +0x1d\ncreated by main.run\n\t/src/main.go:3 +0x20",
    "Node": "TypeError: x is not a function\n    at Object.<anonymous> (/srv/a.js:3:5)\n    at node:internal/main/run_main_module:23:47 {\n  code: 'E'\n}",
    "Ruby": "    from app.rb:3:in `f'\n    from app.rb:9:in `<main>'",
    ".NET": "System.InvalidOperationException: x\n   at A.B() in C:\\a.cs:line 5\n   --- End of inner exception stack trace ---\n   at A.C()",
    "Rust": "stack backtrace:\n   0: rust_begin_unwind\n             at /rustc/x/library/std/src/panicking.rs:5:5\n   1: app::main",
    "PHP": "  #0 /srv/a.php(3): f()\n  #1 {main}\n  thrown in /srv/a.php on line 3",
    "Elixir": "    (app 0.1.0) lib/a.ex:3: A.b/1\n    (stdlib 4.0) gen_server.erl:1123: :gen_server.try_dispatch/4",
    "Kotlin": "kotlin.KotlinNullPointerException\n\tat com.a.B.c(B.kt:7)\n\tSuppressed: java.lang.X: y\n\t\tat a.b.C(C.java:1)",
}  # fmt: skip
HEADS = {
    "log4j": "2026-01-05 10:00:0{},123 {} [main] a.B: it {}",
    "logback": "10:00:0{}.123 [main] {} a.B - it {}",
    "python-basic": "{:.0s}{}:root:it {}",
    "free-text": "{:.0s}{} it {}",
    "syslog-rfc5424": "<11>1 2026-01-05T10:00:0{}Z h {} 1 - - it {}",
}


# Of free text, a line that is not indented begins a record of its own, and so does an exception's.
ALONE = ("Java", "Kotlin", "Node", ".NET")


@pytest.mark.parametrize(
    ("form", "language"),
    [(form, each) for form in HEADS for each in TRACES if form != "free-text" or each not in (*ALONE, "Go")],
)
def test_a_stack_trace_is_one_record_with_its_line(read, form, language):
    head, trace = HEADS[form], TRACES[language]
    quiet = [head.format(str(n), "INFO", "went well") for n in range(4)]
    lines = [*quiet, head.format("4", "ERROR", "broke"), *trace.splitlines(), head.format("5", "INFO", "went on")]
    found = read("\n".join(lines) + "\n", least=0)
    assert found.state.format == form
    assert len(found.records) == 6
    assert found.column("line") == [1, 2, 3, 4, 5, 6 + len(trace.splitlines())]
    assert str(found.column("body")[4]).endswith(trace)


@pytest.mark.parametrize("language", ALONE)
def test_in_free_text_an_exception_is_one_record_with_its_trace(read, language):
    found = read(f"started\n{TRACES[language]}\nended\n", least=0)
    assert found.column("body") == ["started", TRACES[language], "ended"]
