from __future__ import annotations

from pathlib import Path

import pytest

from tests.ops.cli.house import CROSSWALK, House

HEADER = "kind,facility,scheme,code,item,target,factor,consumption_location,criticality,valid_from,valid_to\n"


def rows(house: House, *lines: str) -> Path:
    path = house.folder / "rows.csv"
    path.write_text(HEADER + "\n".join(lines) + "\n")
    return path


def test_import_adds_changes_and_retires(house: House) -> None:
    path = rows(house, "item,*,*,NEW-1,,SUTURE-30,,,,,", "item,*,*,GLOVE-M,,GLOVE-L,,,,,", "item,*,*,STENT-35,,,,,,,")

    report = house.json("crosswalk", "import", path, "--yes")

    assert report == {"dry_run": False, "added": 1, "changed": 1, "unchanged": 0, "retired": 1}
    assert house.json("crosswalk", "lookup", "item", "NEW-1", "--facility", "GEN")["found"]["target"] == "SUTURE-30"


def test_a_dry_run_changes_nothing(house: House) -> None:
    path = rows(house, "item,*,*,NEW-1,,SUTURE-30,,,,,", "item,*,*,NEW-2,,SUTURE-30,,,,,")

    assert house.json("crosswalk", "import", path, "--dry-run")["added"] == 2
    assert "nothing was changed" in house.plain("crosswalk", "import", path, "--dry-run")
    assert house.json("crosswalk", "lookup", "item", "NEW-1", "--facility", "GEN", status=1)["found"] is None


def test_several_rows_need_a_yes(house: House) -> None:
    path = rows(house, "item,*,*,NEW-1,,SUTURE-30,,,,,", "item,*,*,NEW-2,,SUTURE-30,,,,,")

    assert house.run("crosswalk", "import", path).exit_code == 2
    assert house.run("crosswalk", "lookup", "item", "NEW-1", "--facility", "GEN").exit_code == 1


def test_a_faulty_file_is_refused_with_every_fault(house: House) -> None:
    path = rows(house, "unit,*,*,BX,,each,zero,,,,", "thing,*,*,X,,Y,,,,,", "item,*,*,GOOD,,SUTURE-30,,,,,")

    result = house.run("crosswalk", "import", path, "--yes")

    assert result.exit_code == 1
    assert "line 2" in result.stderr
    assert "line 3" in result.stderr
    assert house.run("crosswalk", "lookup", "item", "GOOD", "--facility", "GEN").exit_code == 1


def test_a_file_that_is_no_text_is_refused(house: House) -> None:
    path = house.folder / "rows.csv"
    path.write_bytes(b"\xff\xfe\x00kind")

    result = house.run("crosswalk", "import", path)

    assert result.exit_code == 1
    assert "[file.unreadable]" in result.stderr


def test_a_missing_file_is_wrong_usage(house: House) -> None:
    assert house.run("crosswalk", "import", house.folder / "none.csv").exit_code == 2


def test_what_is_exported_can_be_imported_again(house: House) -> None:
    path = house.folder / "out.csv"

    assert house.json("crosswalk", "export", path)["rows"] == len(CROSSWALK)
    assert house.plain("crosswalk", "export") == path.read_text()
    report = house.json("crosswalk", "import", path, "--yes")
    assert (report["added"], report["changed"], report["retired"]) == (0, 0, 0)
    assert report["unchanged"] == len(CROSSWALK)


def test_export_as_json(house: House) -> None:
    exported = house.json("crosswalk", "export")["rows"]

    assert len(exported) == len(CROSSWALK)
    assert exported[0]["version"] == 1


def test_an_export_that_cannot_be_written_is_told(house: House) -> None:
    result = house.run("crosswalk", "export", house.folder / "no" / "folder.csv")

    assert result.exit_code == 1
    assert "[file.unwritable]" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "target"),
    [
        (["item", "SUTURE-30"], "SUTURE-30"),
        (["item", "SUTURE-30", "--scheme", "internal"], "SUTURE-30"),
        (["location", "OR1"], "GEN/Stock/OR1"),
        (["unit", "BX", "--item", "GLOVE-M"], "each"),
    ],
)
def test_lookup(house: House, arguments: list[str], target: str) -> None:
    assert house.json("crosswalk", "lookup", *arguments, "--facility", "GEN")["found"]["target"] == target
    assert target in house.plain("crosswalk", "lookup", *arguments, "--facility", "GEN")


def test_lookup_says_what_would_be_held(house: House) -> None:
    told = house.json("crosswalk", "lookup", "unit", "BX", "--facility", "GEN", status=1)

    assert told["found"] is None
    assert told["cause"] == "unit_unknown"
    assert {row["item"] for row in told["rows"]} == {"SUTURE-30", "GLOVE-M"}
    assert "how many pieces this unit holds" in house.plain(
        "crosswalk", "lookup", "unit", "BX", "--facility", "GEN", status=1
    )


def test_lookup_of_another_facility_and_another_day(house: House) -> None:
    house.run("crosswalk", "import", rows(house, "item,GEN,gtin,04006381333931,,SUTURE-30,,,,2026-01-01,2026-06-30"))

    asked = ("crosswalk", "lookup", "item", "4006381333931")
    assert house.json(*asked, "--facility", "GEN", "--on", "2026-03-01")["found"]["target"] == "SUTURE-30"
    assert house.json(*asked, "--facility", "GEN", "--on", "2026-07-01", status=1)["found"] is None
    assert house.json(*asked, "--facility", "STM", "--on", "2026-03-01", status=1)["rows"] == []
