"""An SFTP server over a folder, on a real socket: paramiko's, with one user and the faults that real ones have.

Used by ``x12`` and by the transports' contract tests.
"""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import paramiko
from paramiko import SFTP_FAILURE, SFTP_OK, SFTPAttributes, SFTPHandle, SFTPServer

ACCEPT_SECONDS = 0.1


@dataclass
class Faults:
    """What goes wrong next.

    ``full``: nothing more can be written. ``cut_before_rename``, ``cut_after_rename``: the connection ends before or
    after a file gets its name, once. ``stopped``: the server takes connections and says nothing.
    """

    full: bool = False
    cut_before_rename: bool = False
    cut_after_rename: bool = False
    stopped: bool = False


@dataclass
class SftpServer:
    """Serves ``folder`` to ``user`` while its context lasts."""

    folder: Path
    user: str = "wardline"
    password: str = "let me in"  # noqa: S105 - a simulation's
    public_keys: tuple[paramiko.PKey, ...] = ()
    faults: Faults = field(default_factory=Faults)
    port: int = 0

    def __post_init__(self) -> None:
        self.host_key = paramiko.ECDSAKey.generate()
        self._listen()

    @property
    def fingerprint(self) -> str:
        """The fingerprint of its key, as OpenSSH writes it."""
        digest = hashlib.sha256(self.host_key.asbytes()).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(5)
        self._socket.close()
        for session in self._sessions:
            session.close()

    @contextmanager
    def away(self) -> Iterator[None]:
        """For a while every connection has ended and nobody listens; then it is back on its port, with its key."""
        self.__exit__(None, None, None)
        try:
            yield
        finally:
            self._listen()
            self.__enter__()

    def _listen(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", self.port))
        self._socket.settimeout(ACCEPT_SECONDS)
        self.port = self._socket.getsockname()[1]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._sessions: list[paramiko.Transport] = []

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                line, _ = self._socket.accept()
            except TimeoutError:
                continue
            if self.faults.stopped:
                continue
            session = paramiko.Transport(line)
            session.add_server_key(self.host_key)
            session.set_subsystem_handler("sftp", SFTPServer, _Folder, server_of=self, session=session)
            self._sessions.append(session)
            try:
                session.start_server(server=_Door(self), event=threading.Event())
            except paramiko.SSHException:
                session.close()


class _Door(paramiko.ServerInterface):  # type: ignore[misc]
    """Lets the one user in."""

    def __init__(self, server: SftpServer) -> None:
        self._server = server

    def check_auth_password(self, username: str, password: str) -> int:
        right = (username, password) == (self._server.user, self._server.password)
        return int(paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED)

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        right = username == self._server.user and key in self._server.public_keys
        return int(paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED)

    def get_allowed_auths(self, _: str) -> str:
        return "password,publickey"

    def check_channel_request(self, kind: str, _: int) -> int:
        known = kind == "session"
        return int(paramiko.OPEN_SUCCEEDED if known else paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED)


class _Folder(paramiko.SFTPServerInterface):  # type: ignore[misc]
    """Requests as calls of the file system, none of them outside of the folder."""

    def __init__(self, _: Any, server_of: SftpServer, session: paramiko.Transport) -> None:
        self._server = server_of
        self._session = session

    def _at(self, path: str) -> Path:
        return self._server.folder / os.path.normpath(f"/{path}").lstrip("/")

    def list_folder(self, path: str) -> Any:
        try:
            return [SFTPAttributes.from_stat(one.stat(), one.name) for one in self._at(path).iterdir()]
        except OSError as error:
            return SFTPServer.convert_errno(error.errno)

    def stat(self, path: str) -> Any:
        try:
            return SFTPAttributes.from_stat(self._at(path).stat())
        except OSError as error:
            return SFTPServer.convert_errno(error.errno)

    lstat = stat

    def open(self, path: str, flags: int, _: Any) -> Any:
        writes = flags & (os.O_WRONLY | os.O_RDWR)
        if writes and self._server.faults.full:
            return SFTP_FAILURE
        try:
            file = os.fdopen(os.open(self._at(path), flags, 0o644), "r+b" if writes else "rb", buffering=0)
        except OSError as error:
            return SFTPServer.convert_errno(error.errno)
        handle = SFTPHandle(flags)
        handle.readfile = handle.writefile = file
        return handle

    def remove(self, path: str) -> int:
        return self._did(lambda: self._at(path).unlink())

    def mkdir(self, path: str, _: Any) -> int:
        return self._did(lambda: self._at(path).mkdir())

    def rename(self, old: str, new: str) -> int:
        if self._at(new).exists():
            return int(SFTP_FAILURE)
        return self._did(lambda: self._rename(old, new))

    def _rename(self, old: str, new: str) -> None:
        faults = self._server.faults
        if faults.cut_before_rename:
            faults.cut_before_rename = False
            self._session.close()
            return
        self._at(old).rename(self._at(new))
        if faults.cut_after_rename:
            faults.cut_after_rename = False
            self._session.close()

    @staticmethod
    def _did(call: Any) -> int:
        try:
            call()
        except OSError as error:
            return int(SFTPServer.convert_errno(error.errno))
        return int(SFTP_OK)
