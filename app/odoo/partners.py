"""Suppliers in Odoo: made once under their reference, brought up to date, archived; never deleted, never renumbered.

Part of ``Erp``; used by the operation ``supplier.put``. What is as it should be is not written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.errors import Held, Transient
from app.model.master import SupplierFacts
from app.model.party import PartyIdentifier, PartyScheme
from app.odoo import faults, loading
from app.odoo.directory import ARCHIVED_TOO
from app.odoo.transport import Connection
from app.policy.onboarding import Known, plain_number

MODEL = "res.partner"
TEXTS = ("name", "vat", "street", "street2", "city", "zip", "email", "phone")
"""What a supplier is told of in text, by the names that Odoo has for it."""
GLN, CURRENCY = "global_location_number", "property_purchase_currency_id"
_OPTIONAL = (GLN, CURRENCY)
"""Fields of applications that need not be installed: of e-invoicing and of purchase."""
_READ = ("ref", *TEXTS, "country_id", "state_id", "active", "supplier_rank", "is_company")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A supplier as it is to be. None, and what is not in ``texts``, stays as it is; an empty text is taken out.

    ``country`` and ``region`` are ISO 3166 codes or names, ``currency`` an ISO 4217 code. ``apart`` says that a person
    has looked, and that it is none of those which it may be taken for.
    """

    reference: str
    texts: Mapping[str, str] = field(default_factory=dict)
    gln: str | None = None
    duns: str | None = None
    country: str | None = None
    region: str | None = None
    currency: str | None = None
    active: bool | None = None
    apart: bool = False

    @property
    def facts(self) -> SupplierFacts:
        """What duplicates are looked for by."""
        numbers: tuple[tuple[PartyScheme, str | None], ...] = (
            ("vat", self.texts.get("vat")), ("gln", self.gln), ("duns", self.duns),
        )  # fmt: skip
        named = tuple(PartyIdentifier(scheme, value) for scheme, value in numbers if value)
        return SupplierFacts(self.reference, self.texts.get("name", ""), identifiers=named)


@dataclass(frozen=True, slots=True)
class Put:
    """What became of a supplier: ``changed`` are the fields that were written, ``left_out`` what Odoo has no place for.

    ``name`` is what Odoo calls it.
    """

    id: int
    name: str
    created: bool
    changed: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


class Partners:
    """Suppliers as Odoo's partners."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._partners = connection.get_model(MODEL)
        self._optional: frozenset[str] | None = None

    def find(self, reference: str) -> dict[str, Any] | None:
        """The partner with our reference, archived or not. Raises Held where several have it."""
        rows = self._search([["ref", "=", reference]])
        rows = [row for row in rows if row["active"]] or rows
        if len(rows) > 1:
            hint = "Several partners in Odoo have this reference; mend it there and release."
            raise Held("supplier_ambiguous_in_odoo", f"supplier {reference}", hint)
        return rows[0] if rows else None

    def alike(self, wanted: SupplierFacts) -> list[Known]:
        """Partners that may be this supplier: those with one of its numbers or its name, with our reference or not.

        Names are compared without their case alone; the register knows how else our own suppliers' are written.
        """
        fields = [("name", wanted.name)] if wanted.name else []
        for one in wanted.identifiers:
            column = {"vat": "vat", "gln": GLN}.get(one.scheme)
            if column and (column != GLN or GLN in self._present()):
                spelt = dict.fromkeys((one.value, plain_number(one.scheme, one.value)))
                fields += [(column, value) for value in spelt]
        top = ["parent_id", "=", False]
        searched = (self._search([[name, "=ilike", _literal(value)], top]) for name, value in fields)
        found = {row["id"]: row for rows in searched for row in rows}
        return [Known(_facts(row), row["id"]) for row in found.values() if row["ref"] != wanted.reference]

    def create(self, key: str, wanted: Wanted) -> Put:
        """Make the supplier under the key, or find the one made under it before, and bring it up to date."""
        fields = ["id", "name", "ref", "is_company", "supplier_rank"]
        cells = [loading.external_id(key), wanted.texts.get("name") or wanted.reference, wanted.reference, "1", "1"]
        try:
            [record_id] = loading.load(self._connection, MODEL, fields, [cells])
        except faults.Declined as refusal:
            raise _refused(wanted.reference) from refusal
        if (row := self.find(wanted.reference)) is None:
            hint = f"Partner {record_id} of Odoo was made for {wanted.reference} and has another reference by now."
            raise Held("supplier_renumbered_in_odoo", f"supplier {wanted.reference}", hint)
        put = self.update(row, wanted)
        return Put(put.id, put.name, True, put.changed, put.left_out)

    def update(self, row: Mapping[str, Any], wanted: Wanted) -> Put:
        """Bring a partner to what is wanted, with one write, or none where nothing differs."""
        values, left_out = self._values(wanted, row)
        changes = {name: value for name, value in values.items() if (row[name] or False) != value}
        if changes:
            try:
                self._partners.write(ids=[row["id"]], vals=changes, context={"tracking_disable": True})
            except faults.Declined as refusal:
                raise _refused(wanted.reference) from refusal
            except faults.Absent as error:
                raise Transient("the partner was deleted in Odoo", code="odoo.deleted") from error
        name = str(changes.get("name") or row["name"])
        return Put(int(row["id"]), name, False, tuple(sorted(changes)), tuple(left_out))

    def _values(self, wanted: Wanted, row: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        values: dict[str, Any] = {name: wanted.texts[name] or False for name in TEXTS if name in wanted.texts}
        left_out = [] if wanted.duns is None else ["duns"]
        if not row["supplier_rank"]:
            values["supplier_rank"] = 1
        if wanted.active is not None:
            values["active"] = wanted.active
        for name, value, known in self._related(wanted):
            if known is None and value:
                left_out.append(name)
            elif value is not None:
                values[name] = known or False
        if wanted.gln is not None and GLN in self._present():
            values[GLN] = wanted.gln or False
        elif wanted.gln is not None:
            left_out.append("gln")
        return values, left_out

    def _related(self, wanted: Wanted) -> Iterator[tuple[str, str | None, int | None]]:
        """Fields that lead to other records: the name, what is wanted, and the record's id if there is one."""
        country = self._lookup("res.country", wanted.country, ("code", "name"))
        yield "country_id", wanted.country, country
        of_country = [["country_id", "=", country]] if country else []
        yield "state_id", wanted.region, self._lookup("res.country.state", wanted.region, ("code", "name"), of_country)
        if CURRENCY in self._present():
            yield CURRENCY, wanted.currency, self._lookup("res.currency", wanted.currency, ("name",))

    def _lookup(self, model: str, value: str | None, names: tuple[str, ...], within: Any = ()) -> int | None:
        """The only record that goes by this code or name."""
        for name in names if value else ():
            domain = [[name, "=ilike", _literal(value or "")], *within]
            rows = self._connection.get_model(model).search_read(domain=domain, fields=["name"], order="id", limit=2)
            if len(rows) == 1:
                return int(rows[0]["id"])
        return None

    def _present(self) -> frozenset[str]:
        if self._optional is None:
            known = self._partners.fields_get(allfields=list(_OPTIONAL), attributes=["type"])
            self._optional = frozenset(known)
        return self._optional

    def _search(self, domain: list[Any]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._partners.search_read(
            domain=domain, fields=[*_READ, *sorted(self._present())], order="id", load="", context=ARCHIVED_TOO
        )
        return rows


def _facts(row: Mapping[str, Any]) -> SupplierFacts:
    numbers: tuple[tuple[PartyScheme, Any], ...] = (("vat", row["vat"]), ("gln", row.get(GLN)))
    named = tuple(PartyIdentifier(scheme, value) for scheme, value in numbers if value)
    return SupplierFacts(row["ref"] or "", row["name"] or "", row["active"], identifiers=named)


def _literal(value: str) -> str:
    """A text as a pattern of ``ilike`` that stands for itself."""
    return value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _refused(reference: str) -> Held:
    hint = "Odoo refused it; do the same by hand there to see why, mend that and release."
    return Held("refused_by_odoo", f"supplier {reference}", hint)
