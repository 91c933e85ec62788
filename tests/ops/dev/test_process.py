"""Nothing but our own process is ever signalled, and it outlives the command that started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.dev.errors import DevError
from ops.dev.process import BOOT_ID, Identity, Process, parse_identity, parse_stat, wait_until

TAIL = "S 1 4711 4711 0 -1 4194560 1 0 0 0 2 3 0 0 20 0 1 0 987654 1 2 3"


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    process = Process("sleeper", tmp_path / "pid", tmp_path / "log")
    yield process
    process.kill()


@pytest.fixture
def stranger() -> Iterator[int]:
    """A process that is not ours."""
    with subprocess.Popen(["/bin/sleep", "60"]) as other:
        yield other.pid
        other.kill()


def start(process: Process, *argv: str) -> None:
    process.start(argv or ["/bin/sleep", "60"], env=dict(os.environ))


def state(pid: int) -> str:
    return parse_stat(Path(f"/proc/{pid}/stat").read_text())[1]


@pytest.mark.parametrize("name", ["sleep", "a b", "weird) S 1 2 3 (", "postgres: x)"])
def test_a_program_name_with_blanks_and_brackets_shifts_no_field(name: str) -> None:
    assert parse_stat(f"4711 ({name}) {TAIL}") == (4711, "S", 987654)


@pytest.mark.parametrize("text", ["", "\n", "boot", "boot 4711", "boot 4711 (sleep) S 1 2", "boot x (sleep) S"])
def test_a_pid_file_that_was_cut_off_names_nobody(text: str) -> None:
    assert parse_identity(text) is None


def test_a_pid_file_names_boot_pid_and_start() -> None:
    assert parse_identity(f"b-o-o-t 4711 (sh) {TAIL}\n") == Identity(4711, 987654, "b-o-o-t")


def test_a_started_process_runs_until_it_is_stopped(process: Process) -> None:
    start(process)
    pid = process.pid
    assert pid is not None

    process.stop()

    assert process.pid is None
    assert not process.pid_file.exists()
    assert not Path(f"/proc/{pid}").exists() or state(pid) == "Z"


def test_a_process_outlives_the_command_that_started_it(process: Process) -> None:
    code = (
        "import pathlib, sys; from ops.dev.process import Process\n"
        "Process('sleeper', *map(pathlib.Path, sys.argv[1:])).start(['/bin/sleep', '60'], env={})"
    )
    subprocess.run([sys.executable, "-c", code, str(process.pid_file), str(process.log)], check=True)

    assert process.pid is not None
    assert os.getsid(process.pid) != os.getsid(0)


@pytest.mark.parametrize("wrong", ["boot", "start"])
def test_a_reused_pid_is_left_alone(process: Process, stranger: int, wrong: str) -> None:
    stat = Path(f"/proc/{stranger}/stat").read_text()
    boot = BOOT_ID.read_text().strip()
    if wrong == "boot":
        boot = "00000000-0000-0000-0000-000000000000"
    else:
        stat = stat.replace(f" {parse_stat(stat)[2]} ", " 1 ")
    process.pid_file.write_text(f"{boot} {stat}")

    assert process.pid is None
    assert process.send(signal.SIGKILL) is False
    process.kill()
    process.stop()

    assert state(stranger) in "SR"
    assert not process.pid_file.exists()


def test_pause_freezes_and_resume_thaws_the_workers_too(process: Process) -> None:
    start(process, "/bin/sh", "-c", "sleep 60 & echo $!; wait")
    assert wait_until(lambda: process.log.read_text().strip().isdigit(), 5)
    worker = int(process.log.read_text())

    process.pause()
    assert wait_until(lambda: state(worker) == "T", 5)
    assert process.pid is not None

    process.resume()
    assert wait_until(lambda: state(worker) == "S", 5)


def test_a_paused_process_can_be_stopped(process: Process) -> None:
    start(process)
    process.pause()

    process.stop(seconds=5)

    assert process.pid is None


def test_a_process_that_does_not_listen_is_ended_all_the_same(process: Process) -> None:
    start(process, "/bin/sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 0.1; done")
    assert wait_until(lambda: "deaf" in process.log.read_text(), 5)

    process.stop(seconds=0.2)

    assert process.pid is None


def test_a_server_that_ends_while_starting_says_its_last_words(process: Process) -> None:
    start(process, "/bin/sh", "-c", "echo the disk is full; exit 3")

    with pytest.raises(DevError, match="the disk is full") as caught:
        process.wait_ready(lambda: False, 5)

    assert str(process.log) in caught.value.hint


def test_a_server_that_never_answers_is_given_up(process: Process) -> None:
    start(process)

    with pytest.raises(DevError, match="does not answer after 0 s"):
        process.wait_ready(lambda: False, 0.1)


def test_a_program_that_is_missing_is_named(process: Process) -> None:
    start(process, "/no/such/program")

    with pytest.raises(DevError, match="/no/such/program"):
        process.wait_ready(lambda: False, 5)
