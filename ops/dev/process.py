"""A server process that outlives the command which started it, and the certainty that a pid is still that process.

Each service owns one; the fault injection of the integration tests uses ``pause``, ``resume`` and ``kill``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.dev.errors import DevError

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# The child itself writes who it is before it becomes the server (exec keeps pid and start time). So there is no moment
# at which a server runs that no pid file knows, even if the command that started it is killed half-way.
_LAUNCH = (
    f'( read -r stat </proc/self/stat; read -r boot <{BOOT_ID}; echo "$boot $stat" >"$0.new"; mv "$0.new" "$0"'
    '; exec "$@" ) &'
)


@dataclass(frozen=True)
class Identity:
    """Which process: a pid alone may be another program tomorrow; with boot and start time it cannot be."""

    pid: int
    started: int
    boot: str


def parse_stat(stat: str) -> tuple[int, str, int]:
    """Pid, state letter and start time (clock ticks since boot) of a line of ``/proc/<pid>/stat``.

    The program's name in the middle may hold blanks and brackets, so the fields are counted from its last bracket.
    """
    fields = stat.rpartition(")")[2].split()
    return int(stat.split(" ", 1)[0]), fields[0], int(fields[19])


def parse_identity(text: str) -> Identity | None:
    """Read a pid file; None when it is cut off or is not ours."""
    boot, _, stat = text.strip().partition(" ")
    try:
        pid, _, started = parse_stat(stat)
    except (ValueError, IndexError):
        return None
    return Identity(pid, started, boot)


class Process:
    """One server process, known by its pid file in the state folder."""

    def __init__(self, name: str, pid_file: Path, log: Path) -> None:
        self.name = name
        self.pid_file = pid_file
        self.log = log

    @property
    def pid(self) -> int | None:
        """The pid, if the process of the pid file still runs."""
        identity = self._identity()
        if identity is None or identity.boot != BOOT_ID.read_text().strip():
            return None
        try:
            pid, state, started = parse_stat(Path(f"/proc/{identity.pid}/stat").read_text())
        except (FileNotFoundError, ProcessLookupError):
            return None
        return pid if started == identity.started and state not in "ZX" else None

    def start(
        self, argv: Sequence[str], *, env: Mapping[str, str], user: str | None = None, cwd: Path | None = None
    ) -> None:
        """Start the server in a session of its own, output to its log, as ``user`` when we are root."""
        self.pid_file.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            subprocess.run(
                ["/bin/sh", "-c", _LAUNCH, str(self.pid_file), *argv],
                env=dict(env), cwd=cwd or "/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                user=user, group=user, extra_groups=[] if user else None, check=True,
            )  # fmt: skip
        if not wait_until(self.pid_file.exists, 5):
            raise DevError(f"{self.name} could not be started", hint=f"read {self.log}")

    def wait_ready(self, answers: Callable[[], bool], seconds: float) -> None:
        """Wait until the server answers; say why not when it ends first or takes too long."""
        deadline = time.monotonic() + seconds
        while not answers():
            if self.pid is None:
                raise DevError(f"{self.name} ended while it was starting:\n{self.log_tail()}", hint=f"read {self.log}")
            if time.monotonic() > deadline:
                raise DevError(f"{self.name} does not answer after {seconds:.0f} s", hint=f"read {self.log}")
            time.sleep(0.05)

    def send(self, number: signal.Signals) -> bool:
        """Send a signal to this process; False when it does not run. A pid that was reused is never signalled."""
        identity = self._identity()
        if identity is None:
            return False
        try:
            handle = os.pidfd_open(identity.pid)
        except ProcessLookupError:
            return False
        try:
            if self.pid is None:  # looked at after the handle is open: from here on the pid cannot be reused
                return False
            signal.pidfd_send_signal(handle, number)
        except ProcessLookupError:
            return False
        finally:
            os.close(handle)
        return True

    def pause(self) -> None:
        """Freeze the server with the workers of its group; connections stay open and nothing answers.

        PostgreSQL's sessions lead groups of their own and go on.
        """
        self._send_group(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused server go on."""
        self._send_group(signal.SIGCONT)

    def kill(self) -> None:
        """End the server with all its workers at once, as a power cut would."""
        self._send_group(signal.SIGKILL)
        wait_until(lambda: self.pid is None, 10)

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = 20) -> None:
        """End the server in good order; after ``seconds`` without it."""
        if self.pid is not None:
            self.resume()
            self.send(number)
            if not wait_until(lambda: self.pid is None, seconds):
                self.kill()
        self.pid_file.unlink(missing_ok=True)

    def log_tail(self, lines: int = 12) -> str:
        """The end of the log, indented for an error message."""
        text = self.log.read_text(errors="replace") if self.log.is_file() else ""
        return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])

    def _identity(self) -> Identity | None:
        try:
            return parse_identity(self.pid_file.read_text())
        except FileNotFoundError:
            return None

    def _send_group(self, number: signal.Signals) -> None:
        # the group was made by start_new_session, so it holds this server and its workers and nothing else
        pid = self.pid
        if pid is not None:
            os.killpg(os.getpgid(pid), number)


def wait_until(check: Callable[[], bool], seconds: float) -> bool:
    """Ask ``check`` until it is true; False when ``seconds`` have gone by."""
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
