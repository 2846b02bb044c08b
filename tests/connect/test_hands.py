"""Processes that lend their cores: what they give back, and that none is left behind or waited for in vain."""

import binascii
import codecs
import os
import signal
import subprocess
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tailrace.connect.hands import AHEAD, PLACES, HandLostError, Hands

PATIENCE_SECONDS = 60.0
ALONE = """
from tailrace.connect.hands import Hands
hands = Hands(2, 1 << 12, "zlib")
while not hands.ready: pass
print(*hands.processes, flush=True)
input()
"""


def wait_until(condition: Callable[[], object]) -> None:
    limit = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.01)


def is_gone(process: int) -> bool:
    """Whether a process has ended, be it that nobody has asked for its end yet."""
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.fixture
def hands() -> Iterator[Hands]:
    found = Hands(2, 1 << 12, "zlib")
    wait_until(lambda: found.ready)
    yield found
    found.close()


def put(hands: Hands, text: bytes) -> int:
    hands.memory()[: len(text)] = text
    return len(text)


def test_work_is_given_back_in_the_order_in_which_it_was_started(hands):
    texts = [b"%d" % number for number in range(2 * PLACES)]
    works = []
    for text in texts:
        wait_until(lambda: hands.free)
        works.append(hands.start(1, put(hands, b"-" + text), zlib.crc32, 7))
    assert not hands.free
    assert [hands.result(work) for work in works] == [zlib.crc32(text, 7) for text in texts]
    assert hands.free


def test_the_bytes_of_work_stand_until_its_place_is_taken_again(hands):
    work = hands.start(0, put(hands, b"one"), zlib.crc32)
    hands.result(work)
    assert bytes(hands.shown(work)[:3]) == b"one"


def test_an_answer_may_be_longer_than_the_work(hands):
    text = os.urandom(hands.room)
    works = [hands.start(0, put(hands, text), binascii.hexlify) for _ in range(2)]
    assert [hands.result(work) for work in works] == [text.hex().encode()] * 2


def test_work_goes_to_the_process_that_has_the_least_to_do(hands):
    os.kill(hands.processes[0], signal.SIGSTOP)
    works = []
    for _ in range(AHEAD + PLACES):
        wait_until(lambda: hands.free)
        works.append(hands.start(0, put(hands, b"a"), zlib.crc32))
    wait_until(lambda: sum(map(hands.done, works)) == 1)  # of each process the oldest counts
    assert not hands.free
    assert Counter(work.hand for work in works) == {0: AHEAD, 1: PLACES}
    os.kill(hands.processes[0], signal.SIGCONT)
    assert {hands.result(work) for work in works} == {zlib.crc32(b"a")}


def test_what_a_function_raises_is_told_and_the_processes_go_on(hands):
    work = hands.start(0, put(hands, b"\xff"), codecs.decode, "ascii")
    with pytest.raises(HandLostError, match="UnicodeDecodeError"):
        hands.result(work)
    assert hands.result(hands.start(0, put(hands, b"a"), codecs.decode, "ascii")) == "a"


def test_a_process_that_is_killed_is_noticed_and_not_waited_for(hands):
    os.kill(hands.processes[0], signal.SIGKILL)
    work = hands.start(0, put(hands, b"a"), zlib.crc32)
    with pytest.raises(HandLostError):
        hands.result(work)
    assert not hands.ready
    hands.close()
    wait_until(lambda: hands.ready)  # others have taken their places
    assert hands.result(hands.start(0, put(hands, b"a"), zlib.crc32)) == zlib.crc32(b"a")


def test_closing_ends_the_processes_whatever_they_were_doing(hands):
    processes = hands.processes
    hands.start(0, put(hands, b"a"), zlib.crc32)
    hands.close()
    assert all(map(is_gone, processes))


def test_no_process_outlives_the_one_that_started_it():
    parent = subprocess.Popen([sys.executable, "-c", ALONE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    processes = [int(number) for number in parent.stdout.readline().split()]
    parent.kill()
    parent.communicate()
    assert len(processes) == 2
    wait_until(lambda: all(map(is_gone, processes)))
