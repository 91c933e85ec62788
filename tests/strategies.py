"""Building blocks for property tests: values as they may stand in canonical documents.

Used by the round-trip tests of the standards; each narrows them to what its standard can carry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st

from app.model.item import Identifier
from app.model.party import Address, Contact, Party, PartyIdentifier
from app.model.price import Price
from app.model.quantity import Quantity

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
CODE_CHARACTERS = LETTERS + DIGITS + "-./_"
PROSE_CHARACTERS = LETTERS + DIGITS + " -.,;()/%&'\"<>äéßŁ€+*:?~^|\\!#=@"
"""What people write, with every character that some standard uses as a separator or an escape."""

BASIC_CHARACTERS = LETTERS + DIGITS + " -.,()/"
"""What every character set and every standard can carry."""


def codes(characters: str = CODE_CHARACTERS, most: int = 20) -> st.SearchStrategy[str]:
    """Codes and numbers: never blank, never with blanks around them."""
    return st.text(characters, min_size=1, max_size=most).map(str.strip).filter(bool)


def prose(characters: str = PROSE_CHARACTERS, most: int = 60) -> st.SearchStrategy[str]:
    """One line of text for people, without blanks around it or double blanks within."""
    return st.text(characters, min_size=1, max_size=most).map(lambda text: " ".join(text.split())).filter(bool)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The value, or None."""
    return st.none() | strategy


def several(strategy: st.SearchStrategy[Any], least: int = 0, most: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    """A short tuple of values, no two equal."""
    return st.lists(strategy, min_size=least, max_size=most, unique_by=repr).map(tuple)


def amounts(least: str = "0.01", most: str = "99999.99", places: int = 2) -> st.SearchStrategy[Decimal]:
    """Exact positive amounts, with trailing zeros kept."""
    return st.decimals(Decimal(least), Decimal(most), places=places, allow_nan=False, allow_infinity=False)


def counts(most: int = 9999) -> st.SearchStrategy[Decimal]:
    """Whole amounts."""
    return st.integers(1, most).map(Decimal)


def days() -> st.SearchStrategy[date]:
    """Days that a two-digit year could mean as well."""
    return st.dates(date(2001, 1, 1), date(2039, 12, 31))


def moments(offsets: Sequence[int] = (0, 1, 2, -5)) -> st.SearchStrategy[datetime]:
    """Moments to the second with a fixed offset of whole hours."""
    zones = st.sampled_from([timezone(timedelta(hours=hours)) for hours in offsets])
    first, seconds = datetime(2001, 1, 2, tzinfo=UTC), st.integers(0, 38 * 365 * 86_400)
    return st.builds(lambda passed, zone: (first + timedelta(seconds=passed)).astimezone(zone), seconds, zones)


def gtins() -> st.SearchStrategy[str]:
    """GTINs with 14 digits and a right check digit."""
    return st.text(DIGITS, min_size=13, max_size=13).map(_with_check_digit)


def glns() -> st.SearchStrategy[str]:
    """GLNs with 13 digits and a right check digit."""
    return st.text(DIGITS, min_size=12, max_size=12).map(_with_check_digit)


def ssccs() -> st.SearchStrategy[str]:
    """SSCCs with 18 digits and a right check digit."""
    return st.text(DIGITS, min_size=17, max_size=17).map(_with_check_digit)


def identifiers(schemes: Sequence[str], least: int = 1) -> st.SearchStrategy[tuple[Identifier, ...]]:
    """At most one identifier of each scheme, in the order of ``schemes``."""
    values = {"gtin": gtins(), "unspsc": st.text(DIGITS, min_size=8, max_size=8)}
    chosen = st.sets(st.sampled_from(list(schemes)), min_size=least)
    return chosen.flatmap(
        lambda found: st.tuples(
            *(st.builds(Identifier, st.just(name), values.get(name, codes())) for name in schemes if name in found)
        )
    )


def quantities(
    units: Mapping[str, str | None], values: st.SearchStrategy[Decimal] | None = None
) -> st.SearchStrategy[Quantity]:
    """Quantities in a standard's own units (its code to the common code)."""
    return st.builds(
        lambda value, unit: Quantity(value, unit, units[unit]),
        counts() if values is None else values,
        st.sampled_from(sorted(units)),
    )


def prices(
    currencies: Sequence[str | None] = (None,), bases: st.SearchStrategy[Quantity | None] | None = None
) -> st.SearchStrategy[Price]:
    """Prices with up to four decimals."""
    return st.builds(Price, amounts(places=4), st.sampled_from(list(currencies)), st.none() if bases is None else bases)


def parties(
    schemes: Sequence[str], characters: str = BASIC_CHARACTERS, *, addresses: bool = True, contacts: bool = False
) -> st.SearchStrategy[Party]:
    """A party with a name, at most one identifier of each scheme, and perhaps an address."""
    values = {"gln": glns(), "duns": st.text(DIGITS, min_size=9, max_size=9)}
    chosen = st.sets(st.sampled_from(list(schemes)), min_size=1)
    numbers = chosen.flatmap(
        lambda found: st.tuples(
            *(st.builds(PartyIdentifier, st.just(name), values.get(name, codes())) for name in schemes if name in found)
        )
    )
    text = prose(characters, 30)
    address = st.builds(
        Address, several(text, 1, 2), text, maybe(codes(LETTERS, 3)), codes(DIGITS, 9), st.sampled_from(["US", "DE"])
    )
    contact = st.builds(Contact, text, codes(DIGITS, 15), st.just("orders@hospital.example"))
    return st.builds(
        Party, numbers, text, maybe(address) if addresses else st.none(), maybe(contact) if contacts else st.none()
    )


def _with_check_digit(digits: str) -> str:
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return digits + str(-total % 10)
