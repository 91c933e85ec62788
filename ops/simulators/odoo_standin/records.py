"""What every model of the stand-in can do over JSON-2: search, read, create, write and load.

The base of ``places``, ``goods``, ``quants`` and ``transfers``; ``server`` dispatches calls to the marked methods.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, ClassVar, Literal, TypeVar

from app import ids
from ops.simulators.odoo_standin.refusals import MissingError, ProgrammingError, ValidationError
from ops.simulators.odoo_standin.storage import Storage

Record = dict[str, Any]
Kind = Literal["char", "bool", "int", "decimal", "many2one", "one2many", "many2many"]
Method = TypeVar("Method", bound=Callable[..., Any])
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "in": lambda left, right: left in right,
    "not in": lambda left, right: left not in right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    "=ilike": lambda left, right: str(left or "").lower() == _unescaped(right).lower(),
}
STAMPS = ("id", "write_date")
"""Fields that every model has; the second is to the second, in UTC."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column: its kind, the other model of a relation, its value when none is given, whether it must have one."""

    kind: Kind = "char"
    relation: str = ""
    default: Any = None
    required: bool = False
    label: str = ""


def rpc(*, ids: bool) -> Callable[[Method], Method]:
    """Marks a method that may be called over JSON-2; ``ids`` tells whether it works on records that are given."""

    def mark(method: Method) -> Method:
        method.rpc_ids = ids  # type: ignore[attr-defined]
        return method

    return mark


class Environment:
    """The models of one call, with its context."""

    def __init__(self, storage: Storage, models: Mapping[str, type[Model]], context: Mapping[str, Any]) -> None:
        self.storage = storage
        self.context = context
        self._models = models

    def __contains__(self, name: str) -> bool:
        return name in self._models

    def __getitem__(self, name: str) -> Model:
        return self._models[name](self)


class Model:
    """A model: its name, its fields and their rules; a subclass is one of Odoo's own."""

    name: ClassVar[str]
    fields: ClassVar[Mapping[str, Field]] = {}

    def __init__(self, env: Environment) -> None:
        self.env = env
        self.storage = env.storage

    @rpc(ids=False)
    def search_read(
        self, domain: Sequence[Any], fields: Sequence[str], order: str = "id", limit: int | None = None, load: str = "_"
    ) -> list[Record]:
        """The records that fit all conditions, by id."""
        if order != "id":
            raise ProgrammingError("the stand-in sorts by id alone")
        return [self._shown(record, fields, load) for record in list(self.search(domain))[:limit]]

    @rpc(ids=False)
    def web_search_read(self, domain: Sequence[Any], specification: Mapping[str, Any]) -> Record:
        """The records that fit, each with its relations as deep as the specification tells."""
        records = [self.specified(record, specification) for record in self.search(domain)]
        return {"length": len(records), "records": records}

    def specified(self, record: Record, specification: Mapping[str, Any]) -> Record:
        """A record as ``web_read`` shows it."""
        shown: Record = {"id": record["id"]}
        for name, inner in specification.items():
            value, field = self.value(record, name), self.fields.get(name)
            if "fields" in inner and field and value:
                other = self.env[field.relation]
                nested = [other.specified(other.get(one), inner["fields"]) for one in _listed(value)]
                value = nested if isinstance(value, list) else nested[0]
            shown[name] = float(value) if isinstance(value, Decimal) else value
        return shown

    @rpc(ids=True)
    def get_metadata(self, ids: Sequence[int]) -> list[Record]:
        """The external ids of records, and when they were written."""
        told = []
        for record in map(self.get, ids):
            names = [{"xmlid": name} for name in self.storage.external_ids(self.name, record["id"])]
            first = names[0]["xmlid"] if names else False
            told.append({"id": record["id"], "xmlid": first, "xmlids": names, "write_date": record["write_date"]})
        return told

    @rpc(ids=True)
    def has_access(self, ids: Sequence[int], operation: str) -> bool:  # noqa: ARG002
        """Whoever has the key may do everything."""
        return True

    @rpc(ids=False)
    def fields_get(self, allfields: Sequence[str], attributes: Sequence[str]) -> Record:
        """Those of the fields that there are, with their kind."""
        known = {name: self.fields[name].kind for name in allfields if name in self.fields}
        return {name: {"type": kind} if "type" in attributes else {} for name, kind in known.items()}

    @rpc(ids=False)
    def search_count(self, domain: Sequence[Any]) -> int:
        """How many records fit all conditions."""
        return sum(1 for _ in self.search(domain))

    @rpc(ids=True)
    def read(self, ids: Sequence[int], fields: Sequence[str], load: str = "_") -> list[Record]:
        """The records with these ids; missing ones are left out."""
        records = (self.storage.get(self.name, record_id) for record_id in ids)
        return [self._shown(record, fields, load) for record in records if record]

    @rpc(ids=False)
    def create(self, vals_list: Sequence[Mapping[str, Any]]) -> list[int]:
        """New records; returns their ids."""
        return [self.insert(values)["id"] for values in vals_list]

    @rpc(ids=True)
    def write(self, ids: Sequence[int], vals: Mapping[str, Any]) -> bool:
        """Change the records."""
        for record_id in ids:
            self.update(self.get(record_id), vals)
        return True

    @rpc(ids=True)
    def web_save_multi(
        self, ids: Sequence[int], vals_list: Sequence[Mapping[str, Any]], specification: Mapping[str, Any]
    ) -> list[Record]:
        """Change each record to values of its own."""
        records = [self.get(record_id) for record_id in ids]
        for record, values in zip(records, vals_list, strict=True):
            self.update(record, values)
        return [self.specified(record, specification) for record in records]

    def insert(self, values: Mapping[str, Any]) -> Record:
        """A new record with these values and the defaults of the others."""
        record: Record = {name: field.default for name, field in self.fields.items()}
        record |= {name: self._stored(name, value) for name, value in values.items()}
        for name, field in self.fields.items():
            if field.required and record[name] is None:
                raise ValidationError(f"Missing required value for the field '{field.label or name}' ({name}).")
        record |= {"id": self.storage.next(self.name), "write_date": _stamp()}
        self.storage.put(self.name, record)
        return record

    def update(self, record: Record, values: Mapping[str, Any]) -> None:
        """Change a record."""
        record |= {name: self._stored(name, value) for name, value in values.items()} | {"write_date": _stamp()}
        self.storage.put(self.name, record)

    def get(self, record_id: int) -> Record:
        """The record; raises MissingError."""
        record = self.storage.get(self.name, record_id)
        if record is None:
            raise MissingError(f"Record does not exist or has been deleted.\n(Record: {self.name}({record_id},))")
        return record

    def search(self, domain: Sequence[Any]) -> Iterator[Record]:
        """The records that fit all conditions; archived ones only where the context or a condition asks for them."""
        conditions = [_condition(term) for term in domain]
        if "active" in self.fields and self.env.context.get("active_test", True):
            conditions.append(("active", COMPARISONS["="], True))
        for record in self.storage.all(self.name):
            if all(compare(self.value(record, name), right) for name, compare, right in conditions):
                yield record

    def value(self, record: Record, name: str) -> Any:
        """A field as conditions see it, of a related record as ``order_id.state``; models add computed ones."""
        first, _, rest = name.partition(".")
        if rest:
            other = self.env[self.fields[first].relation]
            return other.value(other.get(record[first]), rest) if record[first] else False
        if name in STAMPS:
            return record.get(name, False)
        if name not in self.fields:
            raise ProgrammingError(f"Invalid field '{name}' on '{self.name}'")
        value = record[name]
        if self.fields[name].kind == "decimal":
            return Decimal(value or 0)
        if value is None and self.fields[name].kind in ("one2many", "many2many"):
            return []
        return False if value is None else value

    def display_name(self, record: Record) -> str:
        """What people see of a record."""
        return str(record.get("name") or record["id"])

    def _shown(self, record: Record, fields: Sequence[str], load: str) -> Record:
        """The record as JSON-2 shows it; a relation is a pair with its name unless ``load`` is empty."""
        shown = {"id": record["id"]}
        for name in fields:
            value = self.value(record, name)
            field = self.fields.get(name)
            if field and field.kind == "many2one" and value and load:
                other = self.env[field.relation]
                value = [value, other.display_name(other.get(value))]
            shown[name] = float(value) if isinstance(value, Decimal) else value
        return shown

    def _stored(self, name: str, value: Any) -> Any:
        if name not in self.fields:
            raise ProgrammingError(f"Invalid field '{name}' in '{self.name}'")
        if self.fields[name].kind == "decimal":
            return str(self.rounded(Decimal(str(value or 0))))
        if self.fields[name].kind == "many2many":
            return _linked(value)
        return None if value is False and self.fields[name].kind != "bool" else value

    def rounded(self, quantity: Decimal) -> Decimal:
        """The quantity with as many decimals as are set for ``Product Unit``; the rest is lost, as in Odoo."""
        digits = next(row["digits"] for row in self.storage.all("decimal.precision") if row["name"] == "Product Unit")
        return quantity.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _unescaped(pattern: str) -> str:
    """A pattern without wildcards as the text it stands for; the stand-in matches no others."""
    return re.sub(r"\\(.)", r"\1", pattern)


def _listed(value: Any) -> list[int]:
    return value if isinstance(value, list) else [value]


def _linked(value: Any) -> Any:
    """The ids of a relation to many; of Odoo's commands the stand-in knows the one that sets them all."""
    if isinstance(value, list) and value and isinstance(value[0], list):
        return value[0][2]
    return value or None


def _stamp() -> str:
    return ids.now().strftime("%Y-%m-%d %H:%M:%S")


def _condition(term: Any) -> tuple[str, Callable[[Any, Any], bool], Any]:
    if not isinstance(term, list) or len(term) != 3 or term[1] not in COMPARISONS:
        raise ProgrammingError("the stand-in knows domains of plain conditions alone")
    return term[0], COMPARISONS[term[1]], term[2]
