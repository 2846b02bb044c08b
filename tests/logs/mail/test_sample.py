"""A message cut so that one still sees what happened."""

from __future__ import annotations

from tailrace.logs.mail.sample import bounded, cut_sample

FRAMES = [f"    at com.example.Pipeline.step{number}(Pipeline.java:{number})" for number in range(40)]


def test_a_short_message_is_shown_whole() -> None:
    assert cut_sample("a\n  b\nc\n", lines=5, width=80) == ("a", "  b", "c")


def test_a_long_trace_keeps_its_head_its_causes_and_its_end() -> None:
    trace = [
        "Charge failed",
        *FRAMES[:20],
        "Caused by: java.io.IOException: broken pipe",
        *FRAMES[20:],
        "    ... 31 more",
    ]
    shown = cut_sample("\n".join(trace), lines=8, width=80)
    assert shown == (
        "Charge failed",
        *FRAMES[:3],
        "    … 17 more frames",
        "Caused by: java.io.IOException: broken pipe",
        *FRAMES[20:23],
        "    … 48 more frames",
    )


def test_every_gap_says_how_much_is_missing() -> None:
    trace = [str(number) for number in range(30)]
    shown = cut_sample("\n".join(trace), lines=6, width=80)
    missing = sum(int(line.split()[1]) for line in shown if line.startswith("…"))
    assert missing + len([line for line in shown if not line.startswith("…")]) == 30


def test_a_python_traceback_keeps_the_exception_in_its_last_line() -> None:
    trace = [
        "Job died",
        "Traceback (most recent call last):",
        *["  File 'x.py', line 1, in f"] * 30,
        "ValueError: no such job",
    ]
    assert cut_sample("\n".join(trace), lines=5, width=80)[-1] == "ValueError: no such job"


def test_a_long_line_is_cut() -> None:
    assert cut_sample("x" * 100, lines=5, width=10) == ("x" * 9 + "…",)


def test_one_line_is_the_first() -> None:
    assert cut_sample("a\nb\nc", lines=1, width=10) == ("a", "… 2 more lines")


def test_a_very_long_message_keeps_its_first_and_its_last_lines() -> None:
    text = "\n".join(["the head", *["line"] * 9000, "the end"])
    kept = bounded(text)
    assert len(kept) < 17_000
    assert kept.startswith("the head\n")
    assert kept.endswith("\nthe end")
    assert "characters left out" in kept
    assert bounded("short") == "short"


def test_an_end_that_may_be_half_a_key_is_given_up() -> None:
    text = "x\n" * 7000 + "-----BEGIN PRIVATE KEY-----\n" + "MIIE\n" * 3000
    assert "MIIE" not in bounded(text)


def test_a_very_long_line_keeps_its_head_alone() -> None:
    assert bounded("x" * 50_000).rstrip().endswith("x\n… 38,000 characters left out …")
