"""klog, by the comment on `formatHeader` in its source; glog, by its manual."""

KLOG = """\
I0105 10:00:00.123456       1 server.go:420] "Starting" version="v1.30.0"
E0105 10:00:01.000000       1 reflector.go:147] pkg/mod/reflector.go:229: Failed to watch *v1.Pod: unknown
goroutine 1 [running]:
main.main()
\t/src/main.go:5 +0x1d
W0105 10:00:02.000001    4711 warnings.go:70] policy/v1beta1 PodDisruptionBudget is deprecated
F0105 10:00:03.000000       1 main.go:10] cannot go on
I0105 10:00:04.000000       1 leaderelection.go:250] attempting to acquire leader lease
I0105 10:00:05.000000       1 trace.go:236] Trace[1234]: "List" (total time: 500ms): ERROR is only a word
E0105 10:00:06.000000       1 a_b-c.go:1] "Unhandled Error" err="x"
W0105 10:00:07.000000  123456 x.go:2] x
I0105 10:00:08.000000       1 x.cc:3] ]
E0105 10:00:09.000000       1 x.go:4] x
"""
GLOG = """\
I20260105 10:00:00.123456 12345 main.cc:10] started
W20260105 10:00:01.123456 12345 main.cc:11] x
E20260105 10:00:02.123456 12345 main.cc:12] x
F20260105 10:00:03.123456 12345 main.cc:13] Check failed: a == b (1 vs. 2)
*** Check failure stack trace: ***
    @     0x7f1  google::LogMessage::Fail()
I20260105 10:00:04.123456 12345 main.cc:14] x
I20260105 10:00:05.123456 12345 main.cc:14] x
I20260105 10:00:06.123456 12345 main.cc:14] x
I20260105 10:00:07.123456 12345 main.cc:14] x
I20260105 10:00:08.123456 12345 main.cc:14] x
I20260105 10:00:09.123456 12345 main.cc:14] x
"""


def test_klog(check):
    found = check("klog", KLOG)
    assert found.levels == ["INFO", "ERROR", "WARN", "FATAL", "INFO", "INFO", "ERROR", "WARN", "INFO", "ERROR"]
    assert found.times[0] == "2026-01-05T10:00:00.123456+00:00"
    assert found.column("body")[0] == '"Starting" version="v1.30.0"'
    assert found.column("body")[1].count("\n") == 3
    assert found.column("thread")[:3] == ["1", "1", "4711"]
    assert found.column("logger")[6] == "a_b-c.go"


def test_glog_with_a_year(check):
    found = check("klog", GLOG)
    assert found.levels == ["INFO", "WARN", "ERROR", "FATAL", *["INFO"] * 6]
    assert found.times[3] == "2026-01-05T10:00:03.123456+00:00"
    assert found.column("body")[3].count("\n") == 2


def test_the_year_of_klog_is_the_one_before_the_modification(read):
    found = read("E1231 23:59:59.000000 1 x.go:1] a\nE0101 00:00:01.000000 1 x.go:1] b\n")
    assert [time[:10] for time in found.times] == ["2025-12-31", "2026-01-01"]


def test_klog_after_a_restart_in_another_format(restart):
    restart("klog", KLOG)
    restart("klog", GLOG)
