"""Lines written to an open stream, such as standard output."""

from __future__ import annotations

from datetime import timedelta
from typing import BinaryIO

from tailrace.logs.generating.pace import Pace
from tailrace.logs.generating.pieces import Cuts, generate_pieces
from tailrace.logs.generating.settings import GeneratorSettings

_BEAT = timedelta(milliseconds=200)


def generate_stream(settings: GeneratorSettings, out: BinaryIO, *, pace: Pace) -> None:
    """Write the lines of all apps to the stream, until they end or the pace is told to stop.

    At a pace, lines come in beats of a fifth of a second, each when the time of its last line has come; the lines of
    several apps alternate beat by beat. What the stream raises is passed on.
    """
    beat = Cuts(interval=max(_BEAT * pace.speed, timedelta.resolution)) if pace.speed else Cuts()
    for piece in generate_pieces(settings, beat):
        if not pace.wait(settings.start, piece.last):
            break
        out.write(piece.data)
        out.flush()
