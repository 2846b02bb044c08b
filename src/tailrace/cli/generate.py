"""`tailrace generate`: made-up log files, as fast as the disk takes them or at the pace of the clock."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tailrace.cli.exits import ASKED_WRONGLY, exit_codes
from tailrace.cli.terminal import status
from tailrace.logs.generating.burst import Burst
from tailrace.logs.generating.files import FileLayout, GeneratedFile, TargetError, Totals, generate_files
from tailrace.logs.generating.likelihood import Likelihoods, parse_likelihood
from tailrace.logs.generating.pace import Pace
from tailrace.logs.generating.pieces import Cuts
from tailrace.logs.generating.settings import FORMAT_NAMES, GeneratorSettings, parse_delay, parse_length, parse_start
from tailrace.logs.generating.stream import generate_stream
from tailrace.model.durations import format_size, parse_duration, parse_size
from tailrace.model.errors import TailraceError
from tailrace.model.show import json_text

_DEFAULT_COUNT = 10_000
_ROUNDING = 1e-9


def generate(
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="Directory to write into, made if need be; - is standard output.")
    ],
    apps: Annotated[list[str], typer.Option("--app", help="Name of an app; repeat for several at once.")] = ["app"],  # noqa: B006
    line_format: Annotated[str, typer.Option("--format", help=f"One of {', '.join(FORMAT_NAMES)}.")] = "logback",
    count: Annotated[
        int | None, typer.Option(help="Log records of each app; 10000 if nothing else ends the run.")
    ] = None,
    duration: Annotated[str | None, typer.Option(help="Simulated time to fill, as 90s or 2h.")] = None,
    forever: Annotated[bool, typer.Option("--forever", help="Go on until Ctrl-C.")] = False,
    seed: Annotated[int, typer.Option(help="Same seed and options, same bytes.")] = 1,
    start: Annotated[
        str, typer.Option(help="Time of the first line: 2026-01-05T09:58:55 (UTC), now, or now-10m.")
    ] = "2026-01-05T00:00:00",
    delay: Annotated[str, typer.Option(help="Simulated time between two lines of an app, least and most.")] = "0-20ms",
    errors: Annotated[str, typer.Option(help="Share of ERROR lines, or its range.")] = "0-0.01",
    warnings: Annotated[str, typer.Option(help="Share of WARN lines, or its range.")] = "0.01-0.2",
    debugs: Annotated[str, typer.Option(help="Share of DEBUG lines, or its range.")] = "0.2-0.3",
    infos: Annotated[str | None, typer.Option(help="Share of INFO lines, or its range; else what is left.")] = None,
    bursts: Annotated[
        list[str],
        typer.Option(
            "--burst", help='More errors now and then: "60s every 10m x20", "orders: 20s every 2m from 30s x50".'
        ),
    ] = [],  # noqa: B006
    messages: Annotated[
        str, typer.Option(help="random: printable text. phrases: sentences such as an application writes.")
    ] = "random",
    length: Annotated[str, typer.Option(help="Characters of a random message, least and most.")] = "10-100",
    pattern_frequency: Annotated[float, typer.Option(help="Share of lines that hold the pattern.")] = 0.07,
    stack_traces: Annotated[float, typer.Option(help="Share of errors that have a stack trace.")] = 0.0,
    threads: Annotated[list[str], typer.Option("--thread", help="Name of a thread; repeat.")] = [],  # noqa: B006
    loggers: Annotated[list[str], typer.Option("--logger", help="Name of a logger; repeat.")] = [],  # noqa: B006
    size: Annotated[str | None, typer.Option(help="Begin another file at this size, as 64MiB.")] = None,
    every: Annotated[str | None, typer.Option(help="Begin another file each interval of simulated time.")] = None,
    folders: Annotated[bool, typer.Option("--folders", help="Give each app a directory of its own.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over files that stand already.")] = False,
    real_time: Annotated[bool, typer.Option("--real-time", help="Let files appear when their time has come.")] = False,
    speed: Annotated[float | None, typer.Option(help="Like --real-time, so many times as fast.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object for each file written.")] = False,
) -> None:
    """Write made-up log files.

    Files appear whole, as APP-YYYYMMDDTHHMMSS-NNNN.log; the truth about each is printed with --json. About 7 % of the
    lines hold a text that ([a-c][e-g][0-3]|[A-Z][5-9][f-w]){5,15} matches.

    Examples:

    \b
      tailrace generate logs
      tailrace generate logs --app orders --app billing --duration 1h --every 5m
      tailrace generate logs --burst "60s every 10m x20" --stack-traces 0.5
      tailrace generate logs --format json --messages phrases --size 64MiB
      tailrace generate logs --start now --real-time --every 10s --forever
      tailrace generate - --count 1000 | grep ERROR

    Exit code: 0 done, 1 a fault in the work, 2 a fault in what was asked, 130 stopped by Ctrl-C (files that were not
    whole are removed).
    """
    with exit_codes(ASKED_WRONGLY):
        names = {key: tuple(value) for key, value in (("threads", threads), ("loggers", loggers)) if value}
        settings = GeneratorSettings(
            apps=tuple(apps),
            format=line_format,
            seed=seed,
            start=parse_start(start, datetime.now(UTC)),
            count=count if count is not None or duration or forever else _DEFAULT_COUNT,
            duration=parse_duration(duration) if duration else None,
            delay=parse_delay(delay),
            likelihoods=_likelihoods(errors, warnings, debugs, infos),
            bursts=tuple(Burst.parse(text) for text in bursts),
            messages=messages,
            length=parse_length(length),
            pattern_frequency=pattern_frequency,
            stack_traces=stack_traces,
            **names,
        )
        cuts = Cuts(parse_size(size) if size else None, parse_duration(every) if every else None)
        layout = FileLayout(cuts, folders, force)
        pace = Pace(speed if speed is not None else 1.0 if real_time else None)
        if target == "-" and (as_json or folders or size or every):
            raise TailraceError(
                "standard output takes no --json, --folders, --size or --every", hint="name a directory"
            )
    with exit_codes(wrong=TargetError):
        if target == "-":
            _to_stdout(settings, pace)
        else:
            _to_files(settings, Path(target), layout, pace, as_json)


def _likelihoods(errors: str, warnings: str, debugs: str, infos: str | None) -> Likelihoods:
    shares = Likelihoods(
        parse_likelihood(errors, "--errors"),
        parse_likelihood(warnings, "--warnings"),
        parse_likelihood(debugs, "--debugs"),
    )
    if infos is not None and abs(parse_likelihood(infos, "--infos") - shares.info) > _ROUNDING:
        raise TailraceError(
            f"--infos: {infos} does not make up 1 with the other levels, which leave {shares.info:g}",
            hint="leave --infos out: it is what the others leave",
        )
    return shares


def _to_stdout(settings: GeneratorSettings, pace: Pace) -> None:
    try:
        generate_stream(settings, sys.stdout.buffer, pace=pace)
    except OSError as fault:
        # What is still buffered would be flushed at exit, and fail once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(fault, BrokenPipeError):  # a reader that has enough, such as head, is no fault
            raise TailraceError(f"cannot write to standard output: {fault.strerror}") from fault


def _to_files(settings: GeneratorSettings, directory: Path, layout: FileLayout, pace: Pace, as_json: bool) -> None:
    began = time.monotonic()
    with status("starting", shown=not as_json) as show:
        totals = generate_files(
            settings,
            directory,
            layout=layout,
            pace=pace,
            on_file=_print_json if as_json else lambda _: None,
            on_progress=lambda totals: show(_summary(totals, began)),
        )
    if not as_json:
        levels = ", ".join(f"{n} {level}" for level, n in totals.by_level.items())
        typer.echo(f"{_summary(totals, began)} in {directory}\n{levels}")


def _summary(totals: Totals, began: float) -> str:
    rate = totals.bytes / max(time.monotonic() - began, 1e-3)
    files = "1 file" if totals.files == 1 else f"{totals.files} files"
    return f"{files}, {totals.lines} lines, {format_size(totals.bytes)} ({format_size(rate)}/s)"


def _print_json(file: GeneratedFile) -> None:
    said = asdict(file) | {"first": file.first.isoformat(), "last": file.last.isoformat()}
    typer.echo(json_text(said))
