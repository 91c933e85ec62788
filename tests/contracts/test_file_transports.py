"""What the transports that put and collect files make of the faults that only they know: folders and SFTP servers."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paramiko
import pytest

from app import ids
from app.errors import InDoubt, Misconfigured, Transient, Unavailable
from app.model.transport import FolderSettings
from app.partners.base import Delivery, Found, Refused
from app.partners.folder import Folder
from app.partners.sftp import Sftp
from ops.simulators.suppliers.sftp_server import SftpServer
from tests.contracts.partners import parcel, sftp_settings


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SftpServer]:
    for name in ("put", "outbox", "answers"):
        (tmp_path / "root" / name).mkdir(parents=True)
    with SftpServer(tmp_path / "root") as made:
        yield made


def over(server: SftpServer, **changes: object) -> Sftp:
    return Sftp(sftp_settings(server, server.folder / "password", **changes))


def test_a_server_with_another_key_is_never_spoken_to(server: SftpServer) -> None:
    with pytest.raises(Unavailable) as caught:
        over(server, host_key="SHA256:" + "A" * 43).send(parcel())
    assert caught.value.code == "partner.host_key"
    assert caught.value.hint


def test_a_known_hosts_file_knows_the_server(server: SftpServer, tmp_path: Path) -> None:
    key, known = server.host_key, tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{server.port} {key.get_name()} {key.get_base64()}\n")
    assert over(server, host_key="", known_hosts=str(known)).send(parcel()).receipt
    other = paramiko.ECDSAKey.generate()
    known.write_text(f"[127.0.0.1]:{server.port} {other.get_name()} {other.get_base64()}\n")
    with pytest.raises(Unavailable) as caught:
        over(server, host_key="", known_hosts=str(known)).send(parcel())
    assert caught.value.code == "partner.host_key"
    known.write_text("")
    with pytest.raises(Unavailable) as caught:
        over(server, host_key="", known_hosts=str(known)).send(parcel())
    assert caught.value.code == "partner.host_key"


def test_a_wrong_password_lets_everything_wait(server: SftpServer) -> None:
    server.password = "changed"
    transport = over(server)
    server.password = "another"
    with pytest.raises(Unavailable) as caught:
        transport.send(parcel())
    assert caught.value.code == "partner.unauthorized"


def test_a_private_key_opens_too(server: SftpServer, tmp_path: Path) -> None:
    ours = paramiko.ECDSAKey.generate()
    ours.write_private_key_file(str(tmp_path / "id"), password="pass phrase")
    (tmp_path / "passphrase").write_text("pass phrase\n")
    server.public_keys = (ours,)
    keys = {"password": "", "key": f"file:{tmp_path}/id", "passphrase": f"file:{tmp_path}/passphrase"}
    assert over(server, **keys).send(parcel()).receipt == "850-000000007.x12"
    server.public_keys = ()
    with pytest.raises(Unavailable):
        over(server, **keys).send(parcel())
    (tmp_path / "id").write_text("no key")
    with pytest.raises(Misconfigured):
        over(server, **keys).send(parcel())


def test_a_disk_that_is_full_is_tried_again(server: SftpServer) -> None:
    server.faults.full = True
    with pytest.raises(Transient) as caught:
        over(server).send(parcel())
    assert caught.value.code == "partner.write_failed"
    server.faults.full = False
    assert over(server).send(parcel()).receipt


def test_a_server_that_says_nothing_is_away(server: SftpServer) -> None:
    server.faults.stopped = True
    with pytest.raises(Unavailable) as caught:
        over(server).send(parcel())
    assert caught.value.code == "partner.unreachable"


def test_what_was_cut_after_the_renaming_is_found(server: SftpServer) -> None:
    server.faults.cut_after_rename = True
    transport, one = over(server), parcel()
    with pytest.raises(InDoubt):
        transport.send(one)
    assert transport.look(one) == Delivery("850-000000007.x12")
    assert transport.send(one) == Delivery("850-000000007.x12"), "sent again it doubles nothing"
    assert len(list((server.folder / "put").iterdir())) == 1


def test_what_was_cut_before_the_renaming_certainly_is_not_there(server: SftpServer) -> None:
    server.faults.cut_before_rename = True
    transport, one = over(server), parcel()
    with pytest.raises(InDoubt):
        transport.send(one)
    assert transport.look(one) is None
    transport.send(one)
    assert [path.name for path in (server.folder / "put").iterdir()] == ["850-000000007.x12"]


def test_what_the_partner_took_away_is_in_doubt_unless_we_see_where_to(server: SftpServer) -> None:
    one = parcel()
    over(server).send(one)
    (server.folder / "taken").mkdir()
    (server.folder / "put" / "850-000000007.x12").rename(server.folder / "taken" / "850-000000007.x12")
    with pytest.raises(InDoubt):
        over(server).look(one)
    assert over(server, sent="/taken").look(one) == Delivery("850-000000007.x12")


def test_a_folder_that_is_not_there_waits_for_a_person(server: SftpServer) -> None:
    with pytest.raises(Unavailable) as caught:
        over(server, put="/elsewhere").send(parcel())
    assert caught.value.code == "partner.folder"


# Files, wherever they lie


@pytest.fixture(params=["folder", "sftp"])
def pull(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Any, Path]]:
    """A transport that puts and collects, and the folder its files lie in."""
    names = {"put": "put", "collect": "outbox", "answers": "answers"}
    for name in names.values():
        (tmp_path / "root" / name).mkdir(parents=True)
    if request.param == "folder":
        places = {name: str(tmp_path / "root" / folder) for name, folder in names.items()}
        yield lambda **changes: Folder(FolderSettings(**places | {"settle_seconds": 0} | changes)), tmp_path / "root"
        return
    with SftpServer(tmp_path / "root") as server:
        places = {name: f"/{folder}" for name, folder in names.items()}
        made: list[Sftp] = []

        def opened(**changes: Any) -> Sftp:
            made.append(over(server, **places | {"settle_seconds": 0} | changes))
            return made[-1]

        yield opened, tmp_path / "root"
        for one in made:
            one.close()


def test_another_file_of_the_name_is_never_overwritten(pull: tuple[Any, Path]) -> None:
    opened, root = pull
    (root / "put" / "850-000000007.x12").write_bytes(b"somebody else's")
    with pytest.raises(Refused) as caught:
        opened().send(parcel())
    assert caught.value.code == "partner.name_taken"
    assert (root / "put" / "850-000000007.x12").read_bytes() == b"somebody else's"


def test_files_are_named_as_the_channel_says(pull: tuple[Any, Path]) -> None:
    opened, root = pull
    opened(file_name="GEN_{type}_{number}.edi").send(parcel(message_type="ORDERS/D.96A"))
    assert [path.name for path in (root / "put").iterdir()] == ["GEN_ORDERS-D-96A_000000007.edi"]


def test_only_whole_files_are_collected_in_order(pull: tuple[Any, Path]) -> None:
    opened, root = pull
    for name in ("b.x12", "a.x12", ".c.x12", "d.x12.part", "~e.x12", "f.filepart", "g.txt"):
        (root / "outbox" / name).write_bytes(name.encode())
    (root / "outbox" / "folder.x12").mkdir()
    found = list(opened(pattern="*.x12").collect(100))
    assert found == [Found("a.x12", b"a.x12"), Found("b.x12", b"b.x12")]


def test_a_file_that_may_still_be_written_is_left_alone(pull: tuple[Any, Path]) -> None:
    opened, root = pull
    path = root / "outbox" / "new.x12"
    path.write_bytes(b"x")
    assert list(opened(settle_seconds=60).collect(100)) == []
    old = ids.now().timestamp() - 61
    os.utime(path, (old, old))
    assert [one.name for one in opened(settle_seconds=60).collect(100)] == ["new.x12"]


def test_a_file_that_is_too_long_is_not_read(pull: tuple[Any, Path]) -> None:
    opened, root = pull
    (root / "outbox" / "long.x12").write_bytes(b"x" * 101)
    assert list(opened().collect(100)) == [Found("long.x12", None)]


def test_what_is_done_is_answered_and_moved_away(pull: tuple[Any, Path]) -> None:
    opened, root = pull
    for number in (1, 2):
        (root / "outbox" / "day.x12").write_bytes(b"%d" % number)
        [found] = opened().collect(100)
        opened().done(found, b"answer %d" % number, refused=False)
    archived = {path.name: path.read_bytes() for path in (root / "outbox" / "archive").iterdir()}
    assert archived == {"day.x12": b"1", "day-2.x12": b"2"}
    answers = {path.name: path.read_bytes() for path in (root / "answers").iterdir()}
    assert answers == {"day.answer.x12": b"answer 1", "day.answer-2.x12": b"answer 2"}
    assert list(opened().collect(100)) == []


def test_what_is_refused_lies_beside_its_answer(pull: tuple[Any, Path]) -> None:
    opened, root = pull
    (root / "outbox" / "bad.csv").write_bytes(b"?")
    [found] = opened().collect(100)
    opened(rejected=str(root / "no") if opened().__class__ is Folder else "/no").done(found, b"why", refused=True)
    assert sorted(path.name for path in (root / "no").iterdir()) == ["bad.answer.csv", "bad.csv"]
    assert [path.name for path in (root / "answers").iterdir()] == ["bad.answer.csv"]


def test_who_died_before_moving_answers_once(pull: tuple[Any, Path]) -> None:
    opened, root = pull
    (root / "outbox" / "day.x12").write_bytes(b"1")
    (root / "answers" / "day.answer.x12").write_bytes(b"answer")
    [found] = opened().collect(100)
    opened().done(found, b"answer", refused=False)
    assert [path.name for path in (root / "answers").iterdir()] == ["day.answer.x12"]


def test_a_full_disk_here_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    transport = Folder(FolderSettings(put=str(tmp_path)))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Transient) as caught:
        transport.send(parcel())
    assert (caught.value.code, "ENOSPC" in caught.value.message) == ("partner.write_failed", True)
    monkeypatch.undo()
    transport.send(parcel())
    assert [path.name for path in tmp_path.iterdir()] == ["850-000000007.x12"]


def test_where_links_are_unknown_a_file_still_appears_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_: str, __: str) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", unknown)
    Folder(FolderSettings(put=str(tmp_path))).send(parcel())
    assert [path.name for path in tmp_path.iterdir()] == ["850-000000007.x12"]
