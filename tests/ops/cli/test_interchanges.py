from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from app import ids
from app.ledger.postings import NewPosting
from app.model.channel import Channel
from app.model.interchange import Written
from tests.ops.cli.house import CONTENT, House

ACME = Channel("acme", "x12", "GEN")


@pytest.fixture
def interchange(house: House) -> UUID:
    """A message for a partner of which nobody knows whether it arrived."""
    message_id = house.accept()
    house.resolve()
    with house.ledger.transaction() as tx:
        story = house.ledger.search.story(tx, message_id)
        assert story
        [document] = story.documents
        new = NewPosting(document.id, "to:acme", "send", "partner:acme", "bulk", {"channel": "acme"}, "dispatch")
        posting = house.ledger.postings.intend(tx, new)
        assert posting
        written = Written("text/plain", CONTENT.encode(), "850", "000000001")
        expires = ids.now() + timedelta(days=1)
        made = house.ledger.interchanges.keep(tx, ACME, 1, written, document, expires, posting.id)
        house.ledger.deliveries.begin(tx, made)
        house.ledger.deliveries.note(tx, made, "in_doubt", "partner.no_answer")
    return made


def delivery(house: House, interchange: UUID) -> str:
    return str(house.json("interchanges", "show", interchange)["interchange"]["delivery"])


def test_the_list_shows_and_chooses_by_delivery(house: House, interchange: UUID) -> None:
    [shown] = house.json("interchanges", "list", "--delivery", "in_doubt")["interchanges"]
    assert (shown["id"], shown["delivery"]) == (str(interchange), "in_doubt")
    assert house.json("interchanges", "list", "--delivery", "sent")["interchanges"] == []
    assert CONTENT not in house.plain("interchanges", "list")


def test_one_is_shown_with_what_became_of_it(house: House, interchange: UUID, tmp_path: Path) -> None:
    shown = house.json("interchanges", "show", interchange, "--out", tmp_path / "out")["interchange"]
    assert (shown["delivery_code"], shown["sends"]) == ("partner.no_answer", 1)
    assert (tmp_path / "out").read_text() == CONTENT


@pytest.mark.parametrize("deed", ["resend", "delivered"])
def test_nothing_is_done_without_being_sure(house: House, interchange: UUID, deed: str) -> None:
    result = house.run("interchanges", deed, interchange)
    assert result.exit_code == 2
    assert "--yes" in result.stderr
    assert delivery(house, interchange) == "in_doubt"


def test_sending_again_makes_it_due(house: House, interchange: UUID) -> None:
    assert house.json("interchanges", "resend", interchange, "--yes")["delivery"] == "due"
    assert delivery(house, interchange) == "due"
    with house.ledger.reading() as tx:
        assert ("dispatch", "bulk") in house.ledger.work.next_due(tx, ["bulk"])


def test_what_the_partner_has_is_settled(house: House, interchange: UUID) -> None:
    house.json("interchanges", "delivered", interchange, "--yes")
    assert delivery(house, interchange) == "sent"
    again = house.run("interchanges", "delivered", interchange, "--yes")
    assert again.exit_code == 1
    assert "[interchange.not_in_doubt]" in again.stderr


def test_an_unknown_one_is_told(house: House) -> None:
    result = house.run("interchanges", "resend", ids.new_id(), "--yes")
    assert result.exit_code == 1
    assert "[interchange.unknown]" in result.stderr
