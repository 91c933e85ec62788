"""The state folder keeps its secrets, its lock and its hands off what is not its own."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from ops.dev.errors import DevError
from ops.dev.folder import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path / "dev")
    folder.create()
    return folder


def test_a_secret_is_made_once_and_private(folder: Folder) -> None:
    secret = folder.secret("redis")

    assert len(secret) == 40
    assert folder.secret("redis") == secret
    assert folder.secret("postgres") != secret
    assert stat.S_IMODE((folder.path / "secrets/redis").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder.path / "secrets").stat().st_mode) == 0o700


def test_the_folder_can_be_crossed_but_not_listed(folder: Folder) -> None:
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o711


def test_a_link_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "dev").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(DevError, match="belongs to someone else"):
        Folder(tmp_path / "dev").create()


def test_a_second_run_waits_for_the_first(folder: Folder) -> None:
    order = []

    def second() -> None:
        with Folder(folder.path).lock():
            order.append("second")

    with folder.lock():
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.2)
        order.append("first")
    thread.join(5)

    assert order == ["first", "second"]


def test_purge_deletes_only_what_carries_our_mark(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    with pytest.raises(DevError, match="not made by"):
        Folder(tmp_path / "precious").purge()
    assert (tmp_path / "precious").is_dir()

    folder.purge()
    assert not folder.path.exists()
