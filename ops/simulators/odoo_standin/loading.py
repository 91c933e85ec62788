"""Odoo's ``load``: records from rows of strings, keyed by external ids, all or nothing.

The base of the models that can be loaded. With ``mode=update`` and ``noupdate`` in the context it is insert-only,
which is what the gateway's exactly-once rests on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ops.simulators.odoo_standin.records import Model, Record, rpc
from ops.simulators.odoo_standin.refusals import ProgrammingError, UserError

Rows = list[Sequence[str]]
FALSE = frozenset({"", "0", "false", "no"})


class LoadableModel(Model):
    """A model with ``load``."""

    @rpc(ids=False)
    def load(self, fields: Sequence[str], data: Sequence[Sequence[str]]) -> Record:
        """Answers ``{"ids": [...], "messages": []}``, or ``ids`` false with the reasons; then nothing was saved."""
        ids: list[int] = []
        try:
            with self.storage.savepoint():
                for number, (first, rows) in enumerate(_records(fields, data)):
                    place = {"record": number, "rows": {"from": first, "to": first + len(rows) - 1}}
                    ids.append(self._load_record(fields, rows))
        except UserError as error:
            return {"ids": False, "messages": [{"type": "error", "message": str(error), **place}], "nextrow": 0}
        return {"ids": ids, "messages": [], "nextrow": 0}

    def _load_record(self, fields: Sequence[str], rows: Rows) -> int:
        module, _, name = rows[0][fields.index("id")].partition(".")
        known = self.storage.external_id(module, name)
        values = self._values(fields, rows)
        if known:
            _, record_id, noupdate = known
            if not (noupdate and self.env.context.get("mode") == "update"):
                self.update(self.get(record_id), values)
            return record_id
        record_id = int(self.insert(values)["id"])
        self.storage.bind(module, name, self.name, record_id, bool(self.env.context.get("noupdate")))
        return record_id

    def _values(self, fields: Sequence[str], rows: Rows) -> Record:
        """The values of one record: its own cells from the first row, those of its lines from every row."""
        values: Record = {}
        for column, path in enumerate(fields):
            name, _, rest = path.partition("/")
            if name == "id":
                continue
            if name not in self.fields:
                raise ProgrammingError(f"Invalid field '{name}' in '{self.name}'")
            if self.fields[name].kind == "one2many":
                lines = values.setdefault(name, [{} for _ in rows])
                other = self.env[self.fields[name].relation]
                assert isinstance(other, LoadableModel)
                for line, row in zip(lines, rows, strict=True):
                    line.update(other.cell(rest, row[column]))
            else:
                values |= self.cell(path, rows[0][column])
        return values

    def cell(self, path: str, text: str) -> Record:
        """One cell as a value; ``path`` is the field, for a relation with how it is named.

        The external id of a line is left for the model that makes the line, as ``xmlid``.
        """
        if path == "id":
            return {"xmlid": text}
        name, _, by = path.partition("/")
        if name not in self.fields:
            raise ProgrammingError(f"Invalid field '{name}' in '{self.name}'")
        field = self.fields[name]
        if field.kind == "many2one":
            return {name: self._related(name, by, text) if text else None}
        if field.kind == "many2many":
            return {name: [self._related(name, by, one) for one in text.split(",") if one]}
        if field.kind == "bool":
            return {name: text.lower() not in FALSE}
        if field.kind == "int":
            return {name: int(text or 0)}
        return {name: text or None}

    def _related(self, name: str, by: str, text: str) -> int:
        field = self.fields[name]
        if by != ".id":
            raise ProgrammingError("the stand-in knows relations by database id alone (field/.id)")
        if self.storage.get(field.relation, int(text)) is None:
            label = field.label or name
            raise UserError(f"No matching record found for database id '{text}' in field '{label}'")
        return int(text)


def _records(fields: Sequence[str], data: Sequence[Sequence[str]]) -> Iterator[tuple[int, Rows]]:
    """The rows of each record with the number of the first: a row whose own cells are blank continues the record."""
    own = [column for column, path in enumerate(fields) if path.count("/") - path.endswith("/.id") < 1]
    first, rows = 0, Rows()
    for number, row in enumerate(data):
        if rows and any(row[column] for column in own):
            yield first, rows
            first, rows = number, []
        rows.append(row)
    if rows:
        yield first, rows
