"""The processes of the Procfile, started, watched and ended one by one; used by the demo and by integration tests.

`honcho start` does the same for people; this keeps each process's log in a file and can end one in the hard way.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

PROCFILE = Path(__file__).parent.parent / "Procfile"


def commands(procfile: Path = PROCFILE) -> dict[str, str]:
    """The Procfile's commands by the name of their process."""
    lines = [line.strip() for line in procfile.read_text().splitlines()]
    return dict(_command(line) for line in lines if line and not line.startswith("#"))


def _command(line: str) -> tuple[str, str]:
    name, _, command = line.partition(":")
    return name.strip(), command.strip()


class Fleet:
    """Wardline's processes with one environment; logs are ``<folder>/<process>.log``."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._commands = commands()
        self.folder = folder
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        binaries = str(Path(sys.executable).parent)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("WARDLINE_")},
            **environment,
            "PATH": f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}",
            "PYTHONUNBUFFERED": "1",
        }
        folder.mkdir(parents=True, exist_ok=True)

    def start(self, *names: str) -> None:
        """Start processes of the Procfile by name, each the leader of a session of its own."""
        for name in names:
            self.start_command(name, self._commands[name])

    def start_command(self, name: str, command: str) -> None:
        """Start a process that is not in the Procfile."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                ["/bin/sh", "-c", f"exec {command}"],
                env=self.environment,
                cwd=PROCFILE.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def replace(self, name: str, command: str) -> None:
        """Let a process be another command from its next start on."""
        self._commands[name] = command

    def command(self, name: str) -> str:
        """What is run as this process."""
        return self._commands[name]

    def ended(self, name: str) -> bool:
        """Whether a process that was started has ended."""
        return self._processes[name].poll() is not None

    def pid(self, name: str) -> int:
        """The process id of a running process."""
        return self._processes[name].pid

    def fallen(self) -> list[str]:
        """The processes that were started and have ended by themselves."""
        return [name for name, process in self._processes.items() if process.poll() is not None]

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to the process itself, not to its children."""
        os.kill(self.pid(name), number)

    def kill(self, name: str) -> None:
        """End a process and its children at once, as the machine's memory killer would."""
        process = self._processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self, *names: str, patience: float = 20.0) -> None:
        """Ask processes to end, all of them where none is named; after ``patience`` seconds they are killed."""
        chosen = [name for name in names or tuple(self._processes) if name in self._processes]
        for name in chosen:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid(name), signal.SIGTERM)
        deadline = time.monotonic() + patience
        for name in chosen:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._processes[name].wait(max(0.1, deadline - time.monotonic()))
            self.kill(name)

    def log(self, name: str) -> str:
        """What a process has written so far."""
        return (self.folder / f"{name}.log").read_text(errors="replace")
