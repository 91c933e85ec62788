"""Where a program is found, and what is said when it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.dev.debian import Program, ensure
from ops.dev.errors import DevError


def program(folder: Path) -> Program:
    return Program("postgresql", (f"{folder.relative_to('/')}/*/bin/postgres",))


def test_the_newest_version_wins(tmp_path: Path) -> None:
    for version in ("9", "15", "14"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin/postgres").touch()

    assert program(tmp_path).path() == str(tmp_path / "15/bin/postgres")


def test_a_missing_program_names_its_package(tmp_path: Path) -> None:
    with pytest.raises(DevError, match="postgresql is not installed") as caught:
        program(tmp_path).path()

    assert "postgresql" in caught.value.hint


def test_nothing_is_installed_when_all_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "15/bin").mkdir(parents=True)
    (tmp_path / "15/bin/postgres").touch()

    ensure(program(tmp_path))

    assert capsys.readouterr().err == ""
