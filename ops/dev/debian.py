"""The servers' programs: where they are, and their installation from the distribution's packages when they are not.

Each service calls ``ensure`` before it starts. The packages' own daemons are not started and no default PostgreSQL
cluster is made; clusters that exist are not touched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from ops.dev.errors import DevError
from ops.dev.report import timed

# Two files forbid, for the time of the installation only, what the packages would do of themselves: a policy-rc.d that
# denies every daemon start (invoke-rc.d(8)) and a drop-in that denies the default cluster (pg_createcluster(8)). The
# shell removes them itself, so that they go even if the command that runs it is killed.
_INSTALL = """\
set -eu
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.d/wardline-dev.conf
made=
trap '[ -z "$made" ] || rm -f "$policy"; rm -f "$cluster"' EXIT
trap 'exit 1' HUP INT TERM
if [ ! -e "$policy" ]; then made=1; printf '#!/bin/sh\\nexit 101\\n' >"$policy"; chmod 755 "$policy"; fi
mkdir -p "${cluster%/*}"
printf 'create_main_cluster = false\\n' >"$cluster"
apt-get -q -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 update
apt-get -q -y -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 -o Dpkg::Options::=--force-confold \\
    install --no-install-recommends "$@"
"""
_installing = threading.Lock()  # services come up side by side; dpkg does one thing at a time


@dataclass(frozen=True)
class Program:
    """A program and the Debian package that brings it; ``patterns`` are where it may be, the newest version wins."""

    package: str
    patterns: tuple[str, ...]

    def find(self) -> Path | None:
        """The program's path, or None when it is not installed."""
        for pattern in self.patterns:
            found = sorted(Path("/").glob(pattern), key=_version)
            if found:
                return found[-1]
        return None

    def path(self) -> str:
        """The program's path.

        Raises DevError when it is not installed.
        """
        found = self.find()
        if found is None:
            raise DevError(f"{self.package} is not installed", hint=f"install the package {self.package}")
        return str(found)


POSTGRES = Program("postgresql", ("usr/lib/postgresql/*/bin/postgres",))
RABBITMQ = Program("rabbitmq-server", ("usr/lib/rabbitmq/bin/rabbitmq-server",))
REDIS = Program("redis-server", ("usr/bin/redis-server", "usr/local/bin/redis-server"))
PYTHON_VENV = Program("python3-venv", ("usr/lib/python3*/ensurepip/__main__.py",))


def ensure(*programs: Program) -> None:
    """Install the programs that are missing.

    Raises DevError when we may not install, or the installation fails.
    """
    with _installing:
        missing = list(dict.fromkeys(program.package for program in programs if program.find() is None))
        if missing:
            with timed("packages", f"installed {' '.join(missing)}"):
                _install(missing)


def may_become_root() -> list[str] | None:
    """The words to put before a command to run it as root; None when we cannot."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        return [sudo, "-n"]
    return None


def _install(packages: list[str]) -> None:
    prefix = may_become_root()
    if prefix is None or shutil.which("apt-get") is None:
        raise DevError(
            f"not installed: {' '.join(packages)}",
            hint=f"as root: apt-get install --no-install-recommends {' '.join(packages)}",
        )
    argv = [*prefix, "/bin/sh", "-c", _INSTALL, "install", *packages]
    result = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if result.returncode != 0:
        tail = "\n".join(f"    {line}" for line in result.stdout.splitlines()[-12:])
        raise DevError(f"installing {' '.join(packages)} failed:\n{tail}", hint="install them by hand, then run again")


def _version(path: Path) -> list[int]:
    return [int(part) for part in path.parts if part.isdigit()]
