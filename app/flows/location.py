"""Sites, departments, store rooms and cost centres as other systems tell them: compared with Odoo, made if missing.

What a code means is the crosswalk's to say; a place that it does not know is made under the facility's warehouse. Its
consumption location is chosen by a person, who then enters the crosswalk's row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.engine import Connection

from app.crosswalk.names import Names
from app.errors import Held
from app.flows.base import Case, Effects, NoEffect, Verdict
from app.flows.operations import Done, Followed
from app.flows.sending import is_ours, sendings
from app.flows.upkeep import take_over
from app.ledger.documents import identity
from app.ledger.ledger import Ledger
from app.ledger.postings import NewPosting
from app.ledger.registry import COST_CENTRE, DEPARTMENT
from app.model.registry_records import LocationRecord
from app.model.schema import digest_of
from app.odoo.erp import Erp

PUT = "location.put"
COST_CENTRES = frozenset({"cost_centre", "cost_center", "costcentre", "costcenter", "cc"})
SITES = frozenset({"site", "si", "hospital", "facility", "warehouse"})
"""Types that mean a cost centre, or a whole site; ``si`` is FHIR's. Everything else is a place where stock is kept."""


class LocationFlow:
    """The flow of the document kind ``location``."""

    kind = LocationRecord.document_kind

    def identity(self, document: LocationRecord, facility: str, sender: str) -> str:
        """A record is the same where it says the same; ``take_over`` lets it be said again after another."""
        return identity(facility, sender, self.kind, digest_of(document))

    def codes(self, document: LocationRecord) -> Iterable[str]:
        """The place and the one that it is a part of."""
        return (code for code in (document.number, document.part_of) if code)

    def awaited(self, _: LocationRecord) -> str | None:
        """Nothing waits for it."""
        return None

    def decide(self, tx: Connection, ledger: Ledger, case: Case[LocationRecord]) -> Verdict:
        """Compare it with Odoo, and make it there if it is missing."""
        if is_ours(case):
            told = sendings(case.setup, case, case.document)
            return Effects(tuple(told), case.row.lane) if told else NoEffect("recorded")
        if wait := take_over(tx, ledger, case, "location", case.document.number):
            return wait
        site, names = case.setup.facility(case.row.facility), _names(case)
        what = _what(case.document)
        effect = {
            "what": what,
            "facility": case.row.facility,
            "number": names.code(COST_CENTRE, case.document.number) if what == COST_CENTRE else case.document.number,
            "name": case.document.name or case.document.number,
            "warehouse": site.warehouse_code,
            "company": site.company,
            "target": _target(names, case.document.number),
            "parent": _target(names, case.document.part_of),
            "active": _active(case.document),
        }
        partition = f"odoo:places:{site.warehouse_code}"
        posting = NewPosting(case.row.id, f"location:{case.row.id.hex}", PUT, partition, case.row.lane, effect)
        return Effects((posting,), case.row.lane)


class PutLocation:
    """The operation ``location.put``."""

    name = PUT

    def perform(self, erp: Erp, key: str, effect: Mapping[str, Any]) -> Done:  # noqa: ARG002
        """Find the place or make it. Raises Held where Odoo has it otherwise than is told."""
        places, active = erp.places, effect["active"]
        mark = "_".join(f"{effect['facility']}:{effect['number']}".split())
        if effect["what"] == "site":
            row = places.site(effect["warehouse"], effect["company"])
            return Done("stock.warehouse", row["id"], row["name"], {"what": "site", "created": False})
        if effect["what"] == COST_CENTRE:
            made = places.cost_centre(f"cost_centre:{mark}", effect["number"], effect["name"], active=active)
        elif effect["target"]:
            made = places.named(effect["target"], active=active)
        else:
            warehouse = places.site(effect["warehouse"], effect["company"])
            made = places.place(f"location:{mark}", effect["number"], warehouse, effect["parent"], active=active)
        return Done(made.model, made.id, made.name, {"what": effect["what"], "created": made.created})

    def follow(self, tx: Connection, ledger: Ledger, followed: Followed) -> None:
        """The register knows departments and cost centres by their codes."""
        effect = followed.posting.effect
        if effect["what"] != "site" and followed.done.record_id:
            kind = COST_CENTRE if effect["what"] == COST_CENTRE else DEPARTMENT
            name = followed.done.record_name if kind == COST_CENTRE else effect["name"]
            ledger.registry.put_codes(tx, kind, {effect["number"][:64]: name[:300]})


def _names(case: Case[LocationRecord]) -> Names:
    return Names(case.rows, case.row.facility, case.row.occurred_at.date())


def _what(document: LocationRecord) -> str:
    kind = (document.type or "").strip().lower().replace(" ", "_").replace("-", "_")
    if kind in COST_CENTRES:
        return COST_CENTRE
    return "site" if kind in SITES else "place"


def _target(names: Names, code: str | None) -> str:
    """The stock location that a code means, empty where the crosswalk does not know it."""
    if not code:
        return ""
    try:
        return names.location(code).target
    except Held as held:
        if held.cause == "location_unknown":
            return ""
        raise


def _active(document: LocationRecord) -> bool | None:
    if document.action in ("deactivate", "delete") or document.status == "inactive":
        return False
    return True if document.action == "reactivate" or document.status == "active" else None
