"""Files that partners leave: taken in once, answered, moved away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.errors import Unavailable
from app.flows.intake import Intake
from app.ledger import tables
from app.ledger.database import LedgerUnavailable
from app.ledger.ledger import Ledger
from app.model.channel import Channel
from app.model.transport import FolderSettings
from app.partners.base import Found
from app.partners.folder import Folder
from tests.app.flows.test_responses import wrapped
from tests.app.flows.trade import Partner, Trade

INVOICE = wrapped(
    3, "IN", "810", "BIG*20261123*INV-1**P00012", "IT1*1*2*EA*3.50**VC*A-1", "TDS*700", "CTT*1"
)  # fmt: skip


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    """Where the partner leaves its files."""
    (tmp_path / "outbox").mkdir()
    return tmp_path / "outbox"


def house_with(ledger: Ledger, outbox: Path, **changes: object) -> Trade:
    settings = FolderSettings(collect=str(outbox), answers=str(outbox.parent / "answers"), settle_seconds=0)
    (outbox.parent / "answers").mkdir(exist_ok=True)
    channel = Channel("acme", "x12", "GEN", transport=settings)
    return Trade.over(ledger, replace(channel, **changes))  # type: ignore[arg-type]


def messages(ledger: Ledger) -> list[str]:
    with ledger.reading() as tx:
        return list(tx.scalars(sa.select(tables.message.c.state).order_by(tables.message.c.id)))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_a_file_is_taken_in_answered_and_archived(ledger: Ledger, outbox: Path) -> None:
    (outbox / "inv.x12").write_bytes(INVOICE)
    house = house_with(ledger, outbox)

    assert house.pickup.run() == 1

    assert names(outbox) == []
    assert names(outbox / "archive") == ["inv.x12"]
    assert b"AK5*A" in (outbox.parent / "answers" / "inv.answer.x12").read_bytes()
    assert messages(ledger) == ["accepted"]
    assert house.pickup.run() == 0


def test_a_file_whose_mover_died_is_recognised(ledger: Ledger, outbox: Path) -> None:
    house = house_with(ledger, outbox)

    class Killed(BaseException):
        """The machine went away."""

    class Dying(Folder):
        """Takes files and dies before it moves them."""

        def done(self, _: Found, __: bytes, *, refused: bool) -> None:
            raise Killed(refused)

    (outbox / "inv.x12").write_bytes(INVOICE)
    dying = replace(house.pickup, opened=lambda channel: Dying(channel.transport))
    with pytest.raises(Killed):
        dying.run()
    assert names(outbox) == ["inv.x12"]

    assert house.pickup.run() == 1
    assert messages(ledger) == ["accepted"]
    assert names(outbox / "archive") == ["inv.x12"]


def test_a_file_without_a_number_is_recognised_by_name_and_content(small_ledger: Ledger, outbox: Path) -> None:
    house = house_with(small_ledger, outbox, standard="tabular")
    content = b"event_id,kind,occurred_at,item,quantity,unit,location\nE-1,use,2026-11-20T07:30:00Z,A,1,EA,OR1\n"
    for name in ("usage.csv", "usage.csv", "other.csv"):
        (outbox / name).write_bytes(content)
        assert house.pickup.run() == 1
    assert len(messages(small_ledger)) == 2
    assert names(outbox / "archive") == ["other.csv", "usage-2.csv", "usage.csv"]


def test_what_is_refused_lies_beside_its_answer(small_ledger: Ledger, outbox: Path) -> None:
    (outbox / "inv.x12").write_bytes(INVOICE.replace(b"BIG*20261123*INV-1", b"BIG*20261123*"))
    house = house_with(small_ledger, outbox)

    assert house.pickup.run() == 1

    assert names(outbox / "rejected") == ["inv.answer.x12", "inv.x12"]
    assert b"AK5*R" in (outbox / "rejected" / "inv.answer.x12").read_bytes()
    assert names(outbox.parent / "answers") == ["inv.answer.x12"]
    assert messages(small_ledger) == ["rejected"]


def test_a_number_that_is_used_for_something_else_is_refused(small_ledger: Ledger, outbox: Path) -> None:
    house = house_with(small_ledger, outbox)
    (outbox / "1.x12").write_bytes(INVOICE)
    (outbox / "2.x12").write_bytes(INVOICE.replace(b"INV-1", b"INV-2"))
    assert house.pickup.run() == 2
    assert names(outbox / "archive") == ["1.x12"]
    assert "2.x12" in names(outbox / "rejected")


def test_what_is_too_long_is_refused_unread(small_ledger: Ledger, outbox: Path) -> None:
    house = house_with(small_ledger, outbox)
    (outbox / "inv.x12").write_bytes(INVOICE)
    assert replace(house.pickup, limit=10).run() == 1
    assert "inv.x12" in names(outbox / "rejected")
    assert messages(small_ledger) == []


def test_while_nothing_can_be_stored_files_stay_where_they_are(small_ledger: Ledger, outbox: Path) -> None:
    house = house_with(small_ledger, outbox)
    (outbox / "inv.x12").write_bytes(INVOICE)

    class Away:
        """A ledger that takes nothing."""

        def __getattr__(self, _: str) -> object:
            raise LedgerUnavailable

    intake = Intake(Away(), str)  # type: ignore[arg-type]
    assert replace(house.pickup, intake=intake).run() == 0
    assert names(outbox) == ["inv.x12"]
    assert house.pickup.run() == 1


def test_one_partners_fault_does_not_stop_the_others(small_ledger: Ledger, outbox: Path) -> None:
    house = house_with(small_ledger, outbox)
    gone = FolderSettings(collect=str(outbox.parent / "gone"))
    house.house.channels["aaa"] = Channel("aaa", "x12", "GEN", transport=gone)
    (outbox / "inv.x12").write_bytes(INVOICE)

    assert house.pickup.run() == 1
    house.pickup.run()

    assert house.circuit("pickup:aaa") == "open"
    assert house.circuit("pickup:acme") == "closed"
    assert house.circuit("partner:aaa") == "closed"


@dataclass
class Pulling(Partner):
    """A partner from whom files are fetched; counts how often it was asked."""

    asked: int = 0
    files: list[Found] = field(default_factory=list)

    def collect(self, _: int) -> Iterator[Found]:
        self.asked += 1
        raise Unavailable("away", code="partner.unreachable")
        yield from self.files


def test_a_partner_that_is_away_is_left_alone_for_a_while(small_ledger: Ledger, outbox: Path) -> None:
    house, partner = house_with(small_ledger, outbox), Pulling()
    small_ledger.circuits = replace(small_ledger.circuits, pause=timedelta(hours=1))
    pickup = replace(house.pickup, opened=partner)
    for _ in range(5):
        assert pickup.run() == 0
    assert partner.asked == 2
    assert partner.closed == 2
