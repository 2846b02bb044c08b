"""What runtimes print when a program fails: one record of its own, at its level, whatever the program's log looks like."""

# ruff: noqa: E501 - reports are shown whole

import json

import pytest

CRASHES = {
    "Go panic": ("FATAL", "panic: lost it 17\n\ngoroutine 1 [running]:\nmain.f(...)\n\t/src/m.go:4\nmain.main()\n\t/src/m.go:5 +0x9b\nexit status 2"),
    "Go fault": ("FATAL", "panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x47a750]\n\ngoroutine 1 [running]:\nmain.(*T).get(...)\n\t/src/m.go:3"),
    "Go deadlock": ("FATAL", "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [sync.Mutex.Lock]:\ninternal/sync.(*Mutex).lockSlow(0x51b88d8c090)\n\t/go/mutex.go:149 +0x15d\nmain.main()\n\t/src/m.go:3 +0x10\n\ngoroutine 7 [select (no cases)]:\ncreated by main.main in goroutine 1\n\t/src/m.go:3 +0x70"),
    "Go race": ("ERROR", "WARNING: DATA RACE\nRead at 0x00c00009e028 by goroutine 8:\n  main.main.func1()\n      /src/m.go:3 +0x2e\n\nPrevious write at 0x00c00009e028 by main goroutine:\n  main.main()\n      /src/m.go:3 +0xc4\n=================="),
    "Python": ("ERROR", 'Traceback (most recent call last):\n  File "/a/b.py", line 3, in f\n    1/0\n    ~^~\nZeroDivisionError: division by zero\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File "/a/b.py", line 9, in <module>\n    f()\na.b.OwnError: no'),
    "Python, an own name": ("ERROR", 'Traceback (most recent call last):\n  File "/a/b.py", line 3, in f\n    raise Boom("no")\nBoom: no\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File "/a/b.py", line 9, in <module>\n    f()\na.b.Halt'),
    "Python group": ("ERROR", '  + Exception Group Traceback (most recent call last):\n  |   File "/a/b.py", line 1, in <module>\n  | ExceptionGroup: many (2 sub-exceptions)\n  +-+---------------- 1 ----------------\n    | ValueError: 1\n    +---------------- 2 ----------------\n    | TypeError: t\n    +------------------------------------'),
    "Python syntax": ("ERROR", "  File \"/a/b.py\", line 1\n    x = (1,\n        ^\nSyntaxError: '(' was never closed"),
    "Python thread": ("ERROR", 'Exception in thread Thread-1 (f):\nTraceback (most recent call last):\n  File "/a/b.py", line 2, in f\n    raise RuntimeError("x")\nRuntimeError: x'),
    "Python fault": ("FATAL", 'Fatal Python error: Segmentation fault\n\nCurrent thread 0x00007f8169a50b80 (most recent call first):\n  File "/a/b.py", line 1 in <module>'),
    "Java": ("ERROR", 'Exception in thread "main" java.lang.RuntimeException: outer\n\tat M.main(M.java:4)\nCaused by: java.io.IOException: io failed\n\tat M.f(M.java:2)\n\t... 1 more\n\tSuppressed: java.lang.IllegalStateException: close\n\t\tat M$R.close(M.java:1)'),
    "thread dump": ("INFO", 'Full thread dump OpenJDK 64-Bit Server VM (17.0.15+6):\n\nThreads class SMR info:\n_java_thread_list=0x00007ff990113560, length=2, elements={\n0x00007ff990017f30, 0x00007ff9900f8660\n}\n\n"main" #1 prio=5 os_prio=0 tid=0x00007ff990017f30 nid=0x3cd9 waiting on condition\n   java.lang.Thread.State: TIMED_WAITING (sleeping)\n\tat java.lang.Thread.sleep(Native Method)\n\n"VM Thread" os_prio=0 tid=0x00007ff990110840 nid=0x3ceb runnable\n\nJNI global refs: 6, weak refs: 0'),
    "JVM": ("FATAL", "# A fatal error has been detected by the Java Runtime Environment:\n#\n#  SIGSEGV (0xb) at pc=0x00007f8169a50b80, pid=17, tid=18\n#\n# JRE version: OpenJDK (17.0.9)"),
    "Node": ("ERROR", "/srv/app.js:1\nfunction f(){ throw new TypeError('boom') } f()\n              ^\n\nTypeError: boom\n    at f (/srv/app.js:1:21)\n    at node:internal/main/run_main_module:28:49\n\nNode.js v20.20.2"),
    "Node rejection": ("ERROR", 'node:internal/process/promises:389\n      new UnhandledPromiseRejection(reason);\n      ^\n\nUnhandledPromiseRejection: no reason\n    at f (node:internal/process/promises:389:7) {\n  code: \'ERR_UNHANDLED_REJECTION\'\n}\n\nNode.js v20.20.2'),
    "Node cause": ("ERROR", "/srv/app.js:1\nthrow new Error('load failed', {cause: e})\n^\n\nError: load failed\n    at Object.<anonymous> (/srv/app.js:1:44) {\n  [cause]: SyntaxError: no\n      at JSON.parse (<anonymous>)\n}\n\nNode.js v20.20.2"),
    "Ruby": ("ERROR", "app.rb:2:in `rescue in <main>': outer (RuntimeError)\n\tfrom app.rb:2:in `<main>'"),
    "PHP": ("FATAL", "PHP Fatal error:  Uncaught LogicException: inner in /srv/a.php:1\nStack trace:\n#0 /srv/a.php(2): f()\n#1 {main}\n\nNext RuntimeException: bad 12781 in /srv/a.php:1\nStack trace:\n#0 {main}\n  thrown in /srv/a.php on line 1"),
    "PHP warning": ("WARN", "PHP Warning:  Undefined variable $x in /srv/a.php on line 2"),
    "Perl": ("WARN", 'lost it at a.pl line 1.\n\tmain::f(1, "a") called at a.pl line 3'),
    "Rust": ("FATAL", "thread 'main' (12785) panicked at src/main.rs:1:40:\nindex out of bounds: the len is 1 but the index is 8\nstack backtrace:\n   0: app::f\n             at ./src/main.rs:1:40\nnote: Some details are omitted"),
    ".NET": ("FATAL", "Unhandled exception. System.InvalidOperationException: outer\n ---> System.ArgumentException: inner\n   at A.F() in /src/a.cs:line 1\n   --- End of inner exception stack trace ---\n   at A.Main() in /src/a.cs:line 3"),
    "Mono": ("FATAL", "Unhandled Exception:\nSystem.ApplicationException: outer\n  at A.Main () [0x00002] in /src/a.cs:1"),
    "Elixir": ("ERROR", "** (RuntimeError) boom #PID<0.96.0>\n    a.exs:2: A.f/1\n    (elixir 1.14.0) lib/code.ex:1245: Code.require_file/2"),
    "Erlang": ("FATAL", "init terminating in do_boot ({undef,[{foo,bar,[],[]}]})\n\nCrash dump is being written to: erl_crash.dump...done"),
    "C++": ("FATAL", "terminate called after throwing an instance of 'std::runtime_error'\n  what():  oh no\nAborted (core dumped)"),
    "glibc": ("FATAL", "free(): double free detected in tcache 2"),
    "assertion": ("FATAL", "app: src/a.cc:2: int main(int, char**): Assertion `c>5' failed."),
    "sanitizer": ("FATAL", "==17==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000034 at pc 0x55ed bp 0x7ffe sp 0x7ffe\nREAD of size 4 at 0x602000000034 thread T0\n    #0 0x55ed1aaf81bf in f(int*) a.cc:2\n\n0x602000000034 is located 20 bytes to the right of 16-byte region\nallocated by thread T0 here:\n    #0 0x7fa10feb89cf in malloc\nSUMMARY: AddressSanitizer: heap-buffer-overflow a.cc:2 in f(int*)\nShadow bytes around the buggy address:\n  0x0c047fff7fb0: 00 00\n=>0x0c047fff8000: fa fa 00 00[fa]fa\n==17==ABORTING"),
    "gdb": ("FATAL", "Program received signal SIGSEGV, Segmentation fault.\n0x0000555555555135 in g (p=0x8) at seg.cc:1\n1\tint g(int*p){ return *p; }\n#0  0x0000555555555135 in g (p=0x8) at seg.cc:1\n#1  0x0000555555555147 in main () at seg.cc:1"),
    "Lua": ("ERROR", "lua5.4: a.lua:1: boom\nstack traceback:\n\t[C]: in function 'error'"),
    "R": ("ERROR", "Error in f(1) : boom\nCalls: f\nExecution halted"),
}  # fmt: skip


def plain(number, text):
    return text


def stamped(number, text):
    return f"2026-01-05 10:00:{number:02},123 INFO [main] a.B: {text}"


def logfmt(number, text):
    return f'time=2026-01-05T10:00:{number:02}Z level=info msg="{text}"'


def in_json(number, text):
    return json.dumps({"time": f"2026-01-05T10:00:{number:02}Z", "level": "info", "msg": text})


def in_container(lines):
    return "".join(f"2026-01-05T10:01:{n % 60:02}.123456789Z stderr F {line}\n" for n, line in enumerate(lines))


def as_they_are(lines):
    return "".join(f"{line}\n" for line in lines)


LOGS = {
    "free text": (plain, as_they_are),
    "log4j": (stamped, as_they_are),
    "logfmt": (logfmt, as_they_are),
    "JSON": (in_json, as_they_are),
    "log4j in a container": (stamped, in_container),
    "free text in a container": (plain, in_container),
}


@pytest.mark.parametrize("crash", CRASHES)
@pytest.mark.parametrize("log", LOGS)
def test_a_crash_is_one_record_at_its_level(read, log, crash):
    (head, wrapped), (level, report) = LOGS[log], CRASHES[crash]
    lines = [head(n, f"worked on step {n}") for n in range(6)] + report.split("\n")
    sample = wrapped([*lines, *(head(n, f"went on with step {n}") for n in range(6, 12))])
    found = read(sample, least=0)
    assert found.column("line") == [1, 2, 3, 4, 5, 6, 7, *range(len(lines) + 1, len(lines) + 7)]
    assert found.levels[6] == level
    assert str(found.column("body")[6]).strip() == report.strip()
    assert set(found.levels[:6] + found.levels[7:]) == {"" if head is plain else "INFO"}


@pytest.mark.parametrize("crash", CRASHES)
@pytest.mark.parametrize("head", [plain, stamped])
def test_a_crash_is_the_same_however_the_file_is_cut(read, head, crash):
    report = [*CRASHES[crash][1].split("\n"), head(9, "went on"), *CRASHES["Mono"][1].split("\n")]
    sample = as_they_are([*(head(n, f"worked on step {n}") for n in range(6)), *report, head(10, "went on")])
    whole, cut = read(sample, least=0), read(sample, least=0, step=101)
    assert cut.records.drop("before", "after").equals(whole.records.drop("before", "after"))


@pytest.mark.parametrize("crash", ["Go panic", "Python", "Java", "Rust"])
def test_a_crash_goes_on_with_an_error_that_stands_before_it(read, crash):
    report = CRASHES[crash][1]
    lines = [stamped(n, "well") for n in range(5)] + [stamped(5, "broke").replace("INFO", "ERROR")]
    found = read(as_they_are([*lines, *report.split("\n"), stamped(9, "well")]), least=0)
    assert len(found.records) == 7
    assert str(found.column("body")[5]).endswith(report)


def test_a_traceback_goes_on_with_a_warning(read):
    lines = [stamped(n, "well") for n in range(5)] + [stamped(5, "slow").replace("INFO", "WARN")]
    found = read(as_they_are([*lines, *CRASHES["Python"][1].split("\n"), stamped(9, "well")]), least=0)
    assert found.levels == [*["INFO"] * 5, "WARN", "INFO"]


def test_two_crashes_in_a_row_are_two_records_in_free_text(read):
    report = CRASHES["Go panic"][1].split("\n")
    assert read(as_they_are([*report, *report, "started"]), least=0).levels == ["FATAL", "FATAL", ""]


def test_a_crash_after_a_warning_of_php_is_a_record_of_its_own(read):
    both = [*(stamped(n, "well") for n in range(5)), CRASHES["PHP warning"][1], *CRASHES["PHP"][1].split("\n")]
    assert read(as_they_are(both), least=0).levels == [*["INFO"] * 5, "WARN", "FATAL"]


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("Killed", "FATAL"),
        ("Segmentation fault (core dumped)", "FATAL"),
        ("./run.sh: line 3: 12345 Killed                  ./server", "FATAL"),
        ("run.sh: line 3: 12345 Segmentation fault      (core dumped) ./server", "FATAL"),
        ("foo.c:12:5: runtime error: signed integer overflow: 2147483647 + 1 cannot be represented in 'int'", "ERROR"),
        ("Killed it", ""),
        ("what is a runtime error: a question", ""),
        ("see file.txt: line 3: it is empty", ""),
    ],
)
def test_what_a_shell_or_a_sanitizer_says_of_a_program_has_a_level_in_free_text(read, line, level):
    found = read(as_they_are(["started", "all is well", line, "started"]), least=0)
    assert found.levels == ["", "", level, ""]


def test_a_crash_has_the_time_of_the_record_before(read):
    found = read(as_they_are([*(stamped(n, "well") for n in range(5)), "panic: x"]), least=0)
    assert found.times[5].startswith("2026-01-05T10:00:04")


def test_a_record_of_no_level_with_a_trace_is_an_error(read):
    found = read("started\nit broke\n\tat a.B.c(B.java:3)\n\tat a.B.d(B.java:4)\nended\n", least=0)
    assert found.levels == ["", "ERROR", ""]


@pytest.mark.parametrize(
    ("crash", "other"),
    [
        ("Go panic", [("17", "4711"), (":4", ":8"), ("0x9b", "0x1f")]),
        ("Python", [("line 3", "line 4"), ("line 9", "line 12")]),
        ("Java", [(".java:4", ".java:5"), ("1 more", "12 more")]),
        ("Rust", [("12785", "99"), ("is 8", "is 17")]),
        ("sanitizer", [("==17==", "==4=="), ("0x602000000034", "0x60200fffa034"), ("0x55ed", "0x5a17")]),
        ("JVM", [("pid=17", "pid=4711"), ("0x00007f8169a50b80", "0x00007fcccca50b80")]),
    ],
)
def test_the_same_crash_has_the_same_fingerprint_in_every_run(read, crash, other):
    one = two = CRASHES[crash][1]
    for this, that in other:
        assert this in two
        two = two.replace(this, that)
    found = [read(f"started\n{report}\nended\n", least=0).column("fingerprint")[1] for report in (one, two)]
    assert found[0] == found[1]
