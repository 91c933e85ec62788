"""Suppliers as clinical and purchasing systems tell them: into Odoo, once each, and into the register.

Whether a supplier that is new is known already under another number is asked before anything is made: of the register
when the record is decided on, and of Odoo, where people make partners without our reference, when it is carried out. A
person's word on it is a row of the crosswalk: the record's number means another supplier's, or itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy.engine import Connection

from app.crosswalk.names import Names
from app.errors import Held
from app.flows import rules
from app.flows.base import Case, Effects, NoEffect, Verdict
from app.flows.operations import Done, Followed
from app.flows.sending import is_ours, sendings
from app.flows.upkeep import take_over
from app.ledger.documents import identity
from app.ledger.ledger import Ledger
from app.ledger.postings import NewPosting
from app.model.master import SupplierFacts
from app.model.party import PartyIdentifier
from app.model.registry_records import SupplierRecord
from app.model.schema import digest_of
from app.odoo.erp import Erp
from app.odoo.partners import MODEL, Wanted
from app.policy import onboarding
from app.policy.onboarding import Known

PUT = "supplier.put"
KIND = "supplier"


class SupplierFlow:
    """The flow of the document kind ``supplier``."""

    kind = SupplierRecord.document_kind

    def identity(self, document: SupplierRecord, facility: str, sender: str) -> str:
        """A record is the same where it says the same; ``take_over`` lets it be said again after another."""
        return identity(facility, sender, self.kind, digest_of(document))

    def codes(self, document: SupplierRecord) -> Iterable[str]:
        """The record's number, which may mean a supplier of ours."""
        return (document.number,)

    def awaited(self, _: SupplierRecord) -> str | None:
        """Nothing waits for it."""
        return None

    def decide(self, tx: Connection, ledger: Ledger, case: Case[SupplierRecord]) -> Verdict:
        """Put it into Odoo. Raises Held for one that seems to be known under another number."""
        if is_ours(case):
            told = sendings(case.setup, case, case.document)
            return Effects(tuple(told), case.row.lane) if told else NoEffect("recorded")
        if wait := take_over(tx, ledger, case, "supplier_number", case.document.number):
            return wait
        names = Names(case.rows, case.row.facility, case.row.occurred_at.date())
        reference = names.code(KIND, case.document.number)
        apart = any(row.kind == KIND and row.target == reference for row in case.rows)
        known = ledger.registry.suppliers(tx, [reference]).get(reference)
        active = _active(case.document)
        if known is None and active is False:
            return NoEffect("not_known")
        wanted = _wanted(case.document, reference, active, apart=apart)
        same_name = rules.in_force(tx, ledger).suppliers.same_name
        if not apart:
            everyone = [Known(facts) for facts in ledger.registry.every_supplier(tx)]
            _admit(wanted.facts, everyone, "pass" if known else same_name)
        effect = {
            **_effect(wanted),
            "numbers": _numbers(case.document),
            "same_name": same_name,
            "reactivate": case.document.action == "reactivate",
            "new": known is None,
        }
        posting = NewPosting(
            case.row.id, f"supplier:{case.row.id.hex}", PUT, f"odoo:supplier:{reference}", case.row.lane, effect
        )
        return Effects((posting,), case.row.lane)


class PutSupplier:
    """The operation ``supplier.put``."""

    name = PUT

    def perform(self, erp: Erp, key: str, effect: Mapping[str, Any]) -> Done:  # noqa: ARG002
        """Make the supplier or bring it up to date. Raises Held for one that Odoo has under another number."""
        wanted = Wanted(**{name: value for name, value in effect.items() if name in Wanted.__dataclass_fields__})
        row = erp.partners.find(wanted.reference)
        if row is None and wanted.active is False:
            return Done(MODEL, 0, "", {"state": "not there"})
        if row is None:
            if not wanted.apart:
                _admit(wanted.facts, erp.partners.alike(wanted.facts), effect["same_name"])
            put = erp.partners.create(f"supplier:{''.join(wanted.reference.split())}", wanted)
        else:
            if not row["active"] and wanted.active and not effect["reactivate"]:
                hint = "It is archived in Odoo; unarchive it there, or have it told as reactivated, and release."
                raise Held("supplier_archived", f"supplier {wanted.reference}", hint)
            put = erp.partners.update(row, wanted)
        facts = {"created": put.created, "changed": list(put.changed), "left_out": list(put.left_out)}
        return Done(MODEL, put.id, put.name, facts)

    def follow(self, tx: Connection, ledger: Ledger, followed: Followed) -> None:
        """Bring the register up to date; a new supplier is approved only where the rule book says so."""
        effect, done = followed.posting.effect, followed.done
        if not done.record_id:
            return
        reference = effect["reference"]
        known = ledger.registry.suppliers(tx, [reference]).get(reference)
        told = {one["scheme"] for one in effect["numbers"]}
        kept = [one for one in (known.identifiers if known else ()) if one.scheme not in told]
        new = [PartyIdentifier(one["scheme"], one["value"]) for one in effect["numbers"]]
        # The synchronisation may have seen it in Odoo before us, and takes every partner for approved.
        judged = known if not effect["new"] else None
        approved = judged.approved if judged else rules.in_force(tx, ledger).suppliers.approved
        facts = SupplierFacts(
            reference,
            done.record_name,
            effect["active"] if effect["active"] is not None else (known.active if known else True),
            approved,
            effect["currency"] or (known.currency if known else ""),
            tuple(dict.fromkeys((*kept, *new))),
        )
        if facts != known:
            ledger.registry.put_suppliers(tx, [facts])


def _admit(new: SupplierFacts, others: Iterable[Known], same_name: str) -> None:
    onboarding.admit(new, onboarding.candidates(new, others), same_name)


def _active(document: SupplierRecord) -> bool | None:
    """Whether it is to be active; None where nobody says."""
    if document.action in ("deactivate", "delete") or document.status == "inactive":
        return False
    return True if document.action in ("add", "reactivate") or document.status == "active" else None


def _wanted(document: SupplierRecord, reference: str, active: bool | None, *, apart: bool) -> Wanted:
    """What was told, and no more; what is left open stays as it is in Odoo."""
    party, numbers = document.party, {one.scheme: one.value for one in document.party.identifiers}
    return Wanted(
        reference=reference,
        texts=dict(_texts(document)),
        gln=numbers.get("gln"),
        duns=numbers.get("duns"),
        country=party.address.country if party.address else None,
        region=party.address.region if party.address else None,
        currency=document.currency,
        active=active,
        apart=apart,
    )


def _texts(document: SupplierRecord) -> Iterator[tuple[str, str]]:
    party, address, contact = document.party, document.party.address, document.party.contact
    vat = next((one.value for one in party.identifiers if one.scheme == "vat"), None)
    lines = [line for line in address.lines if line] if address else []
    told = {
        "name": party.name,
        "vat": vat,
        "street": lines[0] if lines else None,
        "street2": ", ".join(lines[1:]) if lines else None,
        "city": address.city if address else None,
        "zip": address.postal_code if address else None,
        "email": contact.email if contact else None,
        "phone": contact.phone if contact else None,
    }
    yield from ((name, value) for name, value in told.items() if value is not None)


def _numbers(document: SupplierRecord) -> list[dict[str, str]]:
    """The numbers by which documents name it; ``internal`` is that of whoever told us, and our own is the reference."""
    return [
        {"scheme": one.scheme, "value": one.value}
        for one in document.party.identifiers
        if one.scheme not in ("internal", "name")
    ]


def _effect(wanted: Wanted) -> dict[str, Any]:
    return {name: getattr(wanted, name) for name in Wanted.__dataclass_fields__} | {"texts": dict(wanted.texts)}
