"""What is marked on the one unit that was used: lot, serial number, expiry, UDI, GTIN.

Messages say it in several places at once. The standards put every statement in here; statements that agree are one,
statements that do not are a fault, since nobody can tell which of them is on the shelf.
"""

from __future__ import annotations

from datetime import date

from app.model import gate, gtin
from app.model.findings import Findings
from app.model.udi import Udi, parse


class Markings:
    """The statements about one unit, each kept with the place it came from."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._said: dict[str, tuple[object, str]] = {}

    @property
    def lot(self) -> str | None:
        """Batch or lot number."""
        return self._text("lot")

    @property
    def serial(self) -> str | None:
        """Serial number."""
        return self._text("serial")

    @property
    def expiry(self) -> date | None:
        """The last day it may be used."""
        value = self._said.get("expiry", (None, ""))[0]
        return value if isinstance(value, date) else None

    @property
    def udi(self) -> str | None:
        """The carrier as it was sent; the first of several forms of it."""
        return self._text("udi")

    @property
    def gtin(self) -> str | None:
        """The GTIN with 14 digits."""
        return self._text("gtin")

    def say_lot(self, value: str | None, where: str) -> None:
        """A lot number told on its own."""
        self._say("lot", self._findings.text("lot", value, where), where)

    def say_serial(self, value: str | None, where: str) -> None:
        """A serial number told on its own."""
        self._say("serial", self._findings.text("serial", value, where), where)

    def say_expiry(self, value: date | None, where: str) -> None:
        """An expiry date told on its own."""
        self._say("expiry", value, where)

    def say_gtin(self, value: str | None, where: str) -> None:
        """A device identifier known to be GS1's; one that is no GTIN is left out with a warning."""
        if value := self._findings.text("gtin", value, where):
            self._say("gtin", gtin.read(value, where, self._findings), where)

    def say_udi(self, value: str | None, where: str) -> None:
        """A carrier in any form; what can be read from it counts as said."""
        raw = self._findings.text("udi", value, where, allowed=gate.GROUP_SEPARATOR)
        if raw:
            self.say_carrier(parse(raw), where)

    def say_carrier(self, carrier: Udi, where: str) -> None:
        """A carrier that was read before."""
        self._said.setdefault("udi", (carrier.raw, where))
        if carrier.issuer != "gs1":
            self._findings.warn("udi.unread", where, "the UDI is kept as it is; lot and expiry were not read from it")
        self.say_gtin(carrier.gtin, where)
        self.say_lot(carrier.lot, where)
        self.say_serial(carrier.serial, where)
        self.say_expiry(carrier.expiry, where)

    def _say(self, name: str, value: object, where: str) -> None:
        if value is None:
            return
        known, place = self._said.setdefault(name, (value, where))
        if known != value:
            self._findings.reject(f"{name}.conflict", where, f"disagrees with {place}")

    def _text(self, name: str) -> str | None:
        value = self._said.get(name, (None, ""))[0]
        return value if isinstance(value, str) else None
