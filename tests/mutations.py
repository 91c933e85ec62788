"""Damaged messages: every reader must refuse them, or understand them without making anything up.

``tests/app/standards/test_mutations.py`` runs a fixed number of them; ``python -m tests.mutations --count 500000 PATH``
runs as many as wanted, over files of one's own.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

from app.errors import Rejected
from app.model.channel import Channel, Profile
from app.model.envelope import Reading
from app.model.quantity import Quantity
from app.standards import STANDARDS, by_name
from app.standards.sniffing import sniff

SLOW = 5.0
"""Seconds after which reading one damaged message counts as hanging; the samples take milliseconds."""

GOLDEN = Path(__file__).parent / "golden"

Mutation = Callable[[list[bytes], random.Random], list[bytes]]


@dataclass(frozen=True)
class Finding:
    """What went wrong with a mutant: ``crash``, ``hang`` or ``quantity`` (one that nobody wrote, without a warning)."""

    fault: str
    source: str
    number: int
    detail: str
    body: bytes


def run(source: Path, standard_name: str, count: int, seed: int = 1) -> Iterator[Finding]:
    """Damage one message ``count`` times and read the results."""
    standard, body = by_name(standard_name), source.read_bytes()
    profile = Profile(Channel("mutants", standard_name, "SITE"), lambda number: f"case-{len(number)}")
    try:
        original: set[Decimal] | None = quantities(standard.read(body, profile))
    except Rejected:
        original = None
    chance = random.Random(f"{seed} {source.name}")
    for number in range(count):
        structural, mutant = mutate(body, chance)
        begun = time.monotonic()
        try:
            reading = standard.read(mutant, profile)
        except Rejected:
            reading = None
        except Exception as error:  # noqa: BLE001 - this is what is looked for
            yield Finding("crash", str(source), number, f"{type(error).__name__}: {error}", mutant)
            continue
        if time.monotonic() - begun > SLOW:
            yield Finding("hang", str(source), number, f"{time.monotonic() - begun:.1f} s", mutant)
        if original is None or reading is None or not structural or reading.issues:
            continue
        if made_up := quantities(reading) - original:
            yield Finding("quantity", str(source), number, f"{sorted(made_up)}", mutant)


def quantities(reading: Reading) -> set[Decimal]:
    """Every quantity in the documents of a message, at whatever depth."""
    return {quantity.value for document in reading.documents for quantity in _quantities(document)}


def _quantities(thing: Any) -> Iterator[Quantity]:
    if isinstance(thing, Quantity):
        yield thing
    elif is_dataclass(thing):
        for field in fields(thing):
            yield from _quantities(getattr(thing, field.name))
    elif isinstance(thing, tuple):
        for member in thing:
            yield from _quantities(member)


def mutate(body: bytes, chance: random.Random) -> tuple[bool, bytes]:
    """A damaged copy, and whether only whole parts of it were moved, so that every number in it is an old one."""
    if chance.random() < 0.5:
        if body.lstrip().startswith(b"<") and (mutant := _mutate_xml(body, chance)):
            return True, mutant
        if body.lstrip().startswith((b"{", b"[")) and b"\n{" not in body and (mutant := _mutate_json(body, chance)):
            return True, mutant
        parts = _parts(body)
        return True, b"".join(chance.choice(MUTATIONS)(parts, chance))
    if chance.random() < 0.3:
        return False, body[: chance.randrange(len(body))]
    damaged = [body[place : place + 1] for place in range(len(body))]
    for _ in range(chance.randint(1, 4)):
        damaged = chance.choice((*MUTATIONS, _replaced))(damaged, chance)
    return False, b"".join(damaged)


def _parts(body: bytes) -> list[bytes]:
    """Segments with their ends, whatever ends them: lines, X12 terminators, EDIFACT apostrophes."""
    if body.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"ISA") and len(body) > 110:
        end = re.escape(body[105:106])
    elif re.match(rb"[\xef\xbb\xbf\s]*UN[AB]", body):
        end = b"'"
    else:
        end = rb"\r\n|\r|\n"
    return [
        part for part in re.split(rb"(?<=" + end + rb")" if end != rb"\r\n|\r|\n" else rb"(?<=[\r\n])", body) if part
    ]


def _dropped(parts: list[bytes], chance: random.Random) -> list[bytes]:
    place = chance.randrange(len(parts) or 1)
    return parts[:place] + parts[place + 1 :]


def _doubled(parts: list[bytes], chance: random.Random) -> list[bytes]:
    place = chance.randrange(len(parts) or 1)
    return parts[: place + 1] + parts[place:]


def _swapped(parts: list[bytes], chance: random.Random) -> list[bytes]:
    moved = list(parts)
    if not moved:
        return moved
    one, other = chance.randrange(len(parts)), chance.randrange(len(parts))
    moved[one], moved[other] = moved[other], moved[one]
    return moved


def _cut(parts: list[bytes], chance: random.Random) -> list[bytes]:
    return parts[: chance.randrange(len(parts) or 1)] or parts


def _replaced(parts: list[bytes], chance: random.Random) -> list[bytes]:
    moved = list(parts) or [b""]
    moved[chance.randrange(len(moved))] = bytes([
        chance.choice((0, 10, 13, 27, 38, 39, 42, 43, 58, 60, 94, 124, 126, 200, 255))
    ])
    return moved


MUTATIONS: tuple[Mutation, ...] = (_dropped, _doubled, _swapped, _cut)


def _mutate_xml(body: bytes, chance: random.Random) -> bytes | None:
    try:
        root = etree.fromstring(body)
    except etree.XMLSyntaxError:
        return None
    elements = [element for element in root.iter(etree.Element) if element.getparent() is not None]
    if not elements:
        return None
    one = chance.choice(elements)
    parent, deed = one.getparent(), chance.randrange(4)
    if deed == 0:
        parent.remove(one)
    elif deed == 1:
        parent.insert(parent.index(one), etree.fromstring(etree.tostring(one, with_tail=False)))
    elif deed == 2:
        parent.insert(chance.randrange(len(parent)), one)
    elif one.attrib:
        del one.attrib[chance.choice(list(one.attrib))]
    return etree.tostring(root.getroottree(), encoding="utf-8")


def _mutate_json(body: bytes, chance: random.Random) -> bytes | None:
    try:
        value = json.loads(body)
    except ValueError:
        return None
    holders = [node for node in _nodes(value) if node]
    if not holders:
        return None
    holder = chance.choice(holders)
    if isinstance(holder, dict):
        name = chance.choice(list(holder))
        if chance.random() < 0.5:
            del holder[name]
        else:
            holder[name] = chance.choice([None, [], {}, "", True, [holder[name]]])
    else:
        holder[:] = chance.choice(MUTATIONS)(holder, chance)
    return json.dumps(value).encode()


def _nodes(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield value
        for below in value.values() if isinstance(value, dict) else value:
            yield from _nodes(below)


def golden() -> list[tuple[Path, str]]:
    """The messages kept in this repository, with their standards."""
    return [(path, path.parents[1].name) for path in sorted(GOLDEN.glob("*/*/in.*"))]


def main() -> int:
    """Damage files and tell what went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--count", type=int, default=100_000, help="mutants in all")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    files = [
        one for path in chosen.paths for one in (sorted(path.rglob("*")) if path.is_dir() else [path]) if one.is_file()
    ]
    known = {standard.name for standard in STANDARDS}
    sources = [(path, name) for path in files if (name := sniff(path.read_bytes())) in known] if files else golden()
    found = 0
    for path, name in sources:
        for finding in run(path, str(name), max(1, chosen.count // len(sources)), chosen.seed):
            found += 1
            print(f"{finding.fault} {finding.source} #{finding.number}: {finding.detail}", flush=True)
    print(f"{len(sources)} files, {found} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
