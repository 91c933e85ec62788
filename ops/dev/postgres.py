"""A private PostgreSQL cluster with its durability as it comes, so that figures taken on it are honest.

Called by ``ops.dev.stack``; ``ops.dev.odoo`` keeps its databases here too.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

from ops.dev import debian, probe
from ops.dev.errors import DevError
from ops.dev.folder import write_private
from ops.dev.service import Service
from ops.dev.settings import POSTGRES_URL

ROLE = "wardline"
DATABASE = "wardline"


class Postgres(Service):
    """PostgreSQL on loopback with the superuser ``wardline`` and a database of that name."""

    name = "postgres"
    variable = POSTGRES_URL
    programs = (debian.POSTGRES,)
    stop_signal = signal.SIGINT  # "fast shutdown": ends sessions, no recovery at the next start

    @property
    def url(self) -> str:
        """Address of the database ``wardline``, as its superuser."""
        return self.database_url(DATABASE)

    def database_url(self, database: str) -> str:
        """Address of another database of the cluster."""
        return f"postgresql://{ROLE}:{self.folder.secret(self.name)}@127.0.0.1:{self.port}/{database}"

    def probe(self, url: str) -> bool:
        """The server speaks its protocol; for our own it must also let us in."""
        return probe.postgres_answers(url) and (url != self.url or self._lets_us_in())

    def launch(self) -> None:
        """Make the cluster if it is not there whole, and start it."""
        data = self._data()
        if not data.is_dir():
            self._initdb(data)
        _remove_stale_lock(data / "postmaster.pid")
        options = {
            "port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "",
            "max_connections": 200, "timezone": "UTC", "log_line_prefix": "%m [%p] %d ",
        }  # fmt: skip
        argv = [debian.POSTGRES.path(), "-D", str(data)]
        argv += [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        self.process.start(argv, env=self.environment(), user=_server_user(), cwd=data)

    def finish(self) -> None:
        """Make the default database."""
        self.create_database(DATABASE)

    def sql(self, statement: str, database: str = "postgres", **values: str) -> str:
        """Run SQL as the superuser; rows come back as lines, columns separated by a bar.

        ``:'name'`` in the statement stands for the quoted value called ``name``.
        """
        variables = [f"--set={name}={value}" for name, value in {"ON_ERROR_STOP": "1", **values}.items()]
        return self.tool("psql", "-XqAt", "-d", database, *variables, stdin=statement)

    def has_database(self, name: str) -> bool:
        """Is there a database of this name?"""
        return self.sql("SELECT 1 FROM pg_database WHERE datname = :'name'", name=name) == "1"

    def create_database(self, name: str, *, template: str = "template0", owner: str = ROLE) -> None:
        """Make a database unless it is there."""
        if not self.has_database(name):
            self.tool("createdb", "-T", template, "-O", owner, _checked(name))

    def drop_database(self, name: str) -> None:
        """Drop a database if it is there, ending the sessions in it."""
        self.tool("dropdb", "--if-exists", "--force", _checked(name))

    def tool(self, program: str, *arguments: str, stdin: str = "") -> str:
        """Run one of PostgreSQL's client programs as the superuser and return what it prints.

        Raises DevError with the program's own words when it fails.
        """
        result = self._run(program, *arguments, stdin=stdin)
        if result.returncode != 0:
            raise DevError(f"{program} failed: {result.stderr.strip()}", hint=f"read {self.process.log}")
        return result.stdout.strip()

    def _run(self, program: str, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        env = self.environment(
            PGHOST="127.0.0.1", PGPORT=str(self.port), PGUSER=ROLE, PGPASSWORD=self.folder.secret(self.name),
            PGCONNECT_TIMEOUT="5", PGSSLMODE="disable",
        )  # fmt: skip
        argv = [str(Path(debian.POSTGRES.path()).with_name(program)), *arguments]
        return subprocess.run(argv, env=env, input=stdin, capture_output=True, text=True, check=False)

    def _lets_us_in(self) -> bool:
        return self._run("psql", "-Xqd", "postgres", "-c", "SELECT 1").returncode == 0

    def _data(self) -> Path:
        return self.folder.place(self.name, owner=_ids(_server_user())) / "data"

    def _initdb(self, data: Path) -> None:
        # made beside its place and renamed when it is whole: an interrupted initdb leaves nothing that looks finished
        new, password = data.with_name("data.new"), data.with_name("password")
        shutil.rmtree(new, ignore_errors=True)
        write_private(password, self.folder.secret(self.name), owner=_ids(_server_user()))
        argv = [
            str(Path(debian.POSTGRES.path()).with_name("initdb")), "-D", str(new), "-U", ROLE, "-E", "UTF8",
            "--locale=C.UTF-8", "--auth-local=reject", "--auth-host=scram-sha-256", f"--pwfile={password}",
        ]  # fmt: skip
        user = _server_user()
        result = subprocess.run(
            argv, env=self.environment(), cwd="/", capture_output=True, text=True, check=False,
            user=user, group=user, extra_groups=[] if user else None,
        )  # fmt: skip
        password.unlink()
        if result.returncode != 0:
            raise DevError(f"initdb failed: {result.stderr.strip()}", hint="is the disk full?")
        new.rename(data)


def _remove_stale_lock(lock: Path) -> None:
    # A restart of the machine may have given the pid in this file to another program; PostgreSQL would then refuse to
    # start. But two servers on one cluster destroy it, so the file goes only when its pid is no server of this one.
    if not lock.is_file():
        return
    pid = lock.read_text().split("\n", 1)[0]
    command = Path(f"/proc/{pid}/cmdline")
    if command.is_file() and str(lock.parent).encode() in command.read_bytes():
        raise DevError(f"a PostgreSQL that no pid file knows runs in {lock.parent}", hint=f"end it: kill -INT {pid}")
    lock.unlink()


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root, so root starts it as its package's user."""
    return "postgres" if os.geteuid() == 0 else None


def _ids(user: str | None) -> tuple[int, int] | None:
    if user is None:
        return None
    entry = pwd.getpwnam(user)
    return entry.pw_uid, entry.pw_gid


def _checked(name: str) -> str:
    if not name.isascii() or not name.replace("_", "").isalnum() or not name[:1].isalpha() or name != name.lower():
        raise DevError(f"{name!r} is no database name", hint="use small letters, digits and _, a letter first")
    return name
