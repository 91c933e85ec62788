"""Whether a supplier that is new to us is one that we know already, under another number.

Pure; used by ``app.flows.supplier`` on the register and by ``app.odoo.partners`` on what Odoo has. The same tax number,
GLN or DUNS is certain; the same name, however it is written, is probable.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from app.errors import Held
from app.model.master import SupplierFacts
from app.model.party import PartyIdentifier

CERTAIN = ("vat", "gln", "duns")
"""The schemes that name a company once in the world, the most telling first."""
_WORDS = {"vat": "tax number", "gln": "GLN", "duns": "DUNS"}
LEGAL_FORMS = frozenset({
    "ab", "ag", "aps", "as", "asa", "bv", "co", "company", "corp", "corporation", "eg", "eurl", "gbr", "gmbh", "inc",
    "incorporated", "kg", "kgaa", "lda", "limited", "llc", "llp", "lp", "ltd", "ltda", "mbh", "nv", "oy", "oyj", "plc",
    "pte", "pty", "sa", "sarl", "sas", "sasu", "se", "sl", "slu", "snc", "sp", "spa", "srl", "sro", "ug", "zoo",
})  # fmt: skip
_INITIALS = re.compile(r"\b(?:\w[.\s]+){1,3}\w\b\.?")
_SEPARATOR = re.compile(r"[^0-9a-z]+")
_UNFOLDED = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A supplier that may be the same; ``reference`` is ours for it, empty for a partner of Odoo that has none."""

    reference: str
    name: str
    why: str
    certainty: Literal["certain", "probable"]
    partner: int = 0

    @property
    def told(self) -> str:
        """The candidate in words."""
        number = self.reference or f"partner {self.partner} in Odoo, which has no reference"
        return f"{number} ({self.name or 'without a name'}: {self.why})"


@dataclass(frozen=True, slots=True)
class Known:
    """A supplier as the register or Odoo has it; ``partner`` is Odoo's id where it comes from there."""

    facts: SupplierFacts
    partner: int = 0


def candidates(new: SupplierFacts, known: Iterable[Known]) -> list[Candidate]:
    """Those of the known suppliers that the new one may be, the certain ones first."""
    ours = _numbers(new.identifiers)
    found = (_candidate(new, ours, one) for one in known if not new.reference or one.facts.reference != new.reference)
    return sorted((one for one in found if one), key=lambda one: (one.certainty, one.reference, one.partner))


def admit(new: SupplierFacts, found: Sequence[Candidate], same_name: str) -> None:
    """Let a new supplier pass, or raise Held with those that it may be and what to do."""
    certain = [one for one in found if one.certainty == "certain"]
    counted = found if same_name == "hold" else certain
    if not counted:
        return
    told = "; ".join(one.told for one in counted[:5])
    hint = (
        f"It may be {told}. Say which with `wardline master supplier {new.reference} --is REF`, "
        "or that it is another with --new."
    )
    if certain:
        raise Held("supplier_duplicate", f"supplier {new.reference}", hint)
    raise Held("supplier_duplicate_suspected", f"supplier {new.reference}", hint)


@lru_cache(maxsize=20_000)
def plain_name(name: str) -> str:
    """A company's name without accents, case, punctuation and legal form; words in their order, without blanks."""
    folded = unicodedata.normalize("NFKD", name.casefold().translate(_UNFOLDED))
    bare = "".join(letter for letter in folded if not unicodedata.combining(letter))
    bare = _INITIALS.sub(lambda found: re.sub(r"[.\s]", "", found.group()) + " ", bare.replace("&", " and "))
    words = [word for word in _SEPARATOR.split(bare) if word]
    while len(words) > 1 and words[-1] in LEGAL_FORMS | {"and"}:
        words.pop()
    return "".join(words)


def plain_number(scheme: str, value: str) -> str:
    """A company's number as it is compared: letters and digits alone; a DUNS of nine, a GLN of thirteen digits."""
    bare = "".join(letter for letter in value.upper() if letter.isalnum())
    width = {"duns": 9, "gln": 13}.get(scheme, 0)
    return bare.zfill(width) if bare.isdecimal() else bare


def _numbers(identifiers: Iterable[PartyIdentifier]) -> set[tuple[str, str]]:
    """The telling numbers; one of zeros alone stands for none."""
    pairs = {(one.scheme, plain_number(one.scheme, one.value)) for one in identifiers if one.scheme in CERTAIN}
    return {(scheme, number) for scheme, number in pairs if number.strip("0")}


def _candidate(new: SupplierFacts, ours: Set[tuple[str, str]], known: Known) -> Candidate | None:
    facts = known.facts
    shared = {scheme for scheme, _ in ours & _numbers(facts.identifiers)}
    if shared:
        why = f"the same {' and '.join(_WORDS[scheme] for scheme in CERTAIN if scheme in shared)}"
        return Candidate(facts.reference, facts.name, why, "certain", known.partner)
    if new.name and facts.name and plain_name(new.name) == plain_name(facts.name) != "":
        return Candidate(facts.reference, facts.name, "the same name", "probable", known.partner)
    return None
