"""Generated files appear whole, where and as long as they were asked for."""

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tailrace.logs.generating.chunks import generate_bytes
from tailrace.logs.generating.files import FileLayout, GeneratedFile, TargetError, generate_files
from tailrace.logs.generating.pace import Pace
from tailrace.logs.generating.pieces import Cuts
from tailrace.logs.generating.settings import GeneratorSettings
from tailrace.model.errors import TailraceError

SECOND = timedelta(seconds=1)


def written(settings: GeneratorSettings, directory: Path, layout: FileLayout | None = None) -> list[GeneratedFile]:
    files: list[GeneratedFile] = []
    generate_files(settings, directory, layout=layout, on_file=files.append)
    return files


def test_a_run_without_cuts_is_one_file_an_app(tmp_path: Path) -> None:
    files = written(GeneratorSettings(apps=("orders", "billing"), count=100), tmp_path / "deep" / "logs")
    assert sorted(file.path.name for file in files) == [
        "billing-20260105T000000-0000.log",
        "orders-20260105T000000-0000.log",
    ]


@pytest.mark.parametrize("cuts", [Cuts(), Cuts(size=10_000), Cuts(interval=SECOND), Cuts(size=5000, interval=SECOND)])
def test_files_hold_the_same_bytes_however_they_are_cut(tmp_path: Path, cuts: Cuts) -> None:
    settings = GeneratorSettings(count=40_000)
    files = written(settings, tmp_path, FileLayout(cuts))
    assert b"".join(file.path.read_bytes() for file in files) == b"".join(generate_bytes(settings))


def test_a_file_is_as_large_as_fits_the_size(tmp_path: Path) -> None:
    files = written(GeneratorSettings(count=20_000), tmp_path, FileLayout(Cuts(size=10_000)))
    assert all(9_700 < file.bytes <= 10_000 for file in files[:-1])


def test_a_line_longer_than_the_size_has_a_file_to_itself(tmp_path: Path) -> None:
    files = written(GeneratorSettings(count=5), tmp_path, FileLayout(Cuts(size=1)))
    assert [file.lines for file in files] == [1] * 5


def test_a_file_holds_one_interval_of_the_run(tmp_path: Path) -> None:
    settings = GeneratorSettings(duration=10 * SECOND, start=datetime(2026, 1, 5, 9, 0, 0, 500_000, tzinfo=UTC))
    files = written(settings, tmp_path, FileLayout(Cuts(interval=2 * SECOND)))
    assert len(files) == 5
    for number, file in enumerate(files):
        assert (
            settings.start + 2 * number * SECOND <= file.first <= file.last < settings.start + 2 * (number + 1) * SECOND
        )


def test_the_truth_about_a_file_agrees_with_its_bytes(tmp_path: Path) -> None:
    settings = GeneratorSettings(count=5000, stack_traces=0.5)
    for file in written(settings, tmp_path, FileLayout(Cuts(size=100_000))):
        text = file.path.read_text("ascii")
        assert (file.bytes, file.lines) == (len(text), text.count("\n"))
        assert file.by_level == {level: text.count(f"] {level:<5} ") for level in file.by_level}
        assert file.records == sum(file.by_level.values())
        assert text.startswith(f"{file.first:%H:%M:%S}")
        assert file.last >= file.first


def test_the_totals_are_the_sum_of_the_files(tmp_path: Path) -> None:
    files: list[GeneratedFile] = []
    settings = GeneratorSettings(apps=("a", "b"), count=3000)
    totals = generate_files(settings, tmp_path, layout=FileLayout(Cuts(size=50_000)), on_file=files.append)
    assert (totals.files, totals.records) == (len(files), 6000)
    assert totals.bytes == sum(file.bytes for file in files)
    assert totals.by_level["WARN"] == sum(file.by_level["WARN"] for file in files)


def test_files_of_several_apps_appear_in_the_order_of_their_times(tmp_path: Path) -> None:
    settings = GeneratorSettings(apps=("a", "b", "c"), duration=20 * SECOND)
    files = written(settings, tmp_path, FileLayout(Cuts(interval=SECOND)))
    lasts = [file.last for file in files[:-3]]
    assert lasts == sorted(lasts)


def test_each_app_may_have_a_directory_of_its_own(tmp_path: Path) -> None:
    files = written(GeneratorSettings(apps=("a", "b"), count=1), tmp_path, FileLayout(folders=True))
    assert sorted(str(file.path.relative_to(tmp_path)) for file in files) == [
        "a/20260105T000000-0000.log",
        "b/20260105T000000-0000.log",
    ]


def test_nobody_ever_sees_half_a_file(tmp_path: Path) -> None:
    settings = GeneratorSettings(count=400_000)
    done = threading.Event()
    seen: dict[Path, int] = {}
    odd: list[tuple[Path, int, int]] = []

    def watch() -> None:
        while not done.is_set():
            for path in tmp_path.glob("[!.]*.log"):
                size = path.stat().st_size
                if seen.setdefault(path, size) != size:
                    odd.append((path, seen[path], size))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        files = written(settings, tmp_path, FileLayout(Cuts(size=5_000_000)))
    finally:
        done.set()
        watcher.join()
    sizes = {file.path: file.bytes for file in files}
    assert seen, "the watcher must have had a chance to look"
    assert odd == []
    assert all(sizes[path] == size for path, size in seen.items())


def test_a_file_that_stands_already_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "app-20260105T000000-0000.log").write_text("mine")
    with pytest.raises(TargetError, match="stands already"):
        generate_files(GeneratorSettings(count=1), tmp_path)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_a_file_that_stands_already_is_written_over_when_told_so(tmp_path: Path) -> None:
    settings = GeneratorSettings(count=1)
    (tmp_path / "app-20260105T000000-0000.log").write_text("mine")
    generate_files(settings, tmp_path, layout=FileLayout(overwrite=True))
    assert [path.read_bytes() for path in tmp_path.iterdir()] == list(generate_bytes(settings))


@pytest.mark.parametrize("below", ["", "deeper"])
def test_a_target_that_is_a_file_is_refused(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TargetError, match="is not a directory"):
        generate_files(GeneratorSettings(count=1), tmp_path / "file" / below)


def test_a_directory_that_cannot_be_written_is_told() -> None:
    with pytest.raises(TailraceError, match="cannot write /proc/"):
        generate_files(GeneratorSettings(count=1), "/proc/nowhere")


def test_a_full_disk_is_told_and_leaves_no_unfinished_file(tmp_path: Path) -> None:
    # A limit on the size of files stands in for the disk: it fails in the same call, in the midst of the writing.
    script = """
import resource, signal, sys
from tailrace.logs.generating.files import generate_files
from tailrace.logs.generating.settings import GeneratorSettings
from tailrace.model.errors import Transient
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
try:
    generate_files(GeneratorSettings(count=100_000), sys.argv[1])
except Transient as fault:
    print(fault)
"""
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"no room left for log files in {tmp_path}")
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_the_caller_leaves_no_unfinished_file(tmp_path: Path) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError):
        generate_files(GeneratorSettings(count=100), tmp_path, on_progress=fail)
    assert list(tmp_path.iterdir()) == []


def test_a_paced_run_holds_each_file_back_until_its_time_has_come(tmp_path: Path) -> None:
    waits: list[float] = []

    class Noted(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout or 0.0)
            return False

    pace = Pace(10.0, stop=Noted(), clock=lambda: 0.0)
    settings = GeneratorSettings(duration=10 * SECOND)
    generate_files(settings, tmp_path, layout=FileLayout(Cuts(interval=SECOND)), pace=pace)
    assert waits == pytest.approx([0.1 * n for n in range(1, 11)], abs=0.003)


def test_a_paced_run_stops_in_the_midst_of_a_wait(tmp_path: Path) -> None:
    stop = threading.Event()
    settings = GeneratorSettings(delay=(timedelta(milliseconds=1), timedelta(milliseconds=1)))
    totals = generate_files(
        settings,
        tmp_path,
        layout=FileLayout(Cuts(interval=3600 * SECOND, size=1000)),
        pace=Pace(1.0, stop=stop),
        on_file=lambda _: stop.set(),
    )
    assert totals.files == 1
    assert [path.suffix for path in tmp_path.iterdir()] == [".log"]


def test_a_run_as_fast_as_it_can_stops_when_told(tmp_path: Path) -> None:
    stop = threading.Event()
    totals = generate_files(GeneratorSettings(), tmp_path, pace=Pace(stop=stop), on_progress=lambda _: stop.set())
    assert totals.files == 0
    assert list(tmp_path.iterdir()) == []
