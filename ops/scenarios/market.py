"""The hospital of the scenarios and those it buys from: what Odoo holds, channels, and suppliers on real sockets."""

from __future__ import annotations

from contextlib import ExitStack
from decimal import Decimal
from types import TracebackType

from ops.provision import Hospital, Item, Site
from ops.provision_procurement import CostCentre, Pack, Price, Procurement, Supplier
from ops.scenarios.place import Place
from ops.simulators.suppliers.behaviour import Behaviour
from ops.simulators.suppliers.cxml import CxmlSupplier
from ops.simulators.suppliers.ubl import UblSupplier
from ops.simulators.suppliers.x12 import X12Supplier

GENERAL = Hospital("GEN", "General Hospital", ("CATHLAB", "OR1", "WARD3"))
SITE = Site(
    hospitals=(GENERAL,),
    items=(
        Item("STENT-35", "Coronary stent 3.5 mm", tracking="lot"),
        Item("PACER-01", "Pacemaker, dual chamber", tracking="serial"),
        Item("CATH-77", "Guiding catheter 7F"),
        Item("SUTURE-30", "Suture 3-0"),
        Item("GLOVE-M", "Examination glove, medium"),
        Item("DRAPE-XL", "Surgical drape"),
    ),
)
MARKET = Procurement(
    suppliers=(
        Supplier("S-MER", "Meridian Cardio"),
        Supplier("S-HAR", "Harbor Supply"),
        Supplier("S-NOR", "Nordic Sterile"),
    ),
    packs=(Pack("Box of 10", Decimal(10)), Pack("Box of 100", Decimal(100))),
    cost_centres=(CostCentre("CC-CARD", "Cardiology"), CostCentre("CC-OR", "Theatres"), CostCentre("CC-WARD", "Wards")),
    prices=(
        Price("S-MER", "STENT-35", Decimal("980.00"), code="MER-ST35", lead_days=2),
        Price("S-MER", "PACER-01", Decimal("3200.00"), code="MER-PM1", lead_days=3),
        Price("S-MER", "CATH-77", Decimal("48.00"), code="MER-C77", lead_days=2),
        Price("S-HAR", "SUTURE-30", Decimal("21.50"), "Box of 10", code="HAR-S30", lead_days=1),
        Price("S-HAR", "GLOVE-M", Decimal("6.90"), "Box of 100", code="HAR-GM", lead_days=1),
        Price("S-NOR", "DRAPE-XL", Decimal("4.20"), code="NOR-DXL", lead_days=4),
    ),
    untaxed=True,
    currencies=("EUR",),
)
FACILITY = """
[facilities.GEN]
name = "General Hospital"
warehouse = "GEN"
currency = "EUR"
time_zone = "Europe/Berlin"
identifiers = { gln = "4012345000009" }
"""
OURS = """
[channels.odoo]
standard = "canonical"
facility = "GEN"

[channels.ehr]
owner = "The wards' clinical system"
standard = "hl7v2"
facility = "GEN"
lane = "approvals"
time_zone = "Europe/Berlin"

[channels.theatre]
owner = "The theatres' materials system"
standard = "canonical"
facility = "GEN"
lane = "approvals"
time_zone = "Europe/Berlin"

[channels.dock]
owner = "The goods entrance"
standard = "canonical"
facility = "GEN"
time_zone = "Europe/Berlin"
"""
PARTNER = """
[channels.{name}]
standard = "{standard}"
facility = "{facility}"
lane = "approvals"
supplier = "{supplier}"
sends = ["purchase_order"]
our_address = "{ours}"
partner_address = "{theirs}"
{answer}
[channels.{name}.transport]
{transport}
"""


class Market:
    """Three suppliers: cXML over HTTP, X12 over SFTP, UBL over HTTP; a context manager.

    ``ours`` are the channels and facilities of those who buy, ``facility`` the one that suppliers know.
    """

    def __init__(
        self,
        place: Place,
        behaviours: dict[str, Behaviour] | None = None,
        ours: str = FACILITY + OURS,
        facility: str = "GEN",
    ) -> None:
        chosen = behaviours or {}
        reply = f"{place.url}/v1/messages"
        self.meridian = CxmlSupplier(chosen.get("S-MER", Behaviour()), "MERIDIAN", reply_to=f"{reply}/meridian")
        self.harbor = X12Supplier(chosen.get("S-HAR", Behaviour()), "ZZ:HARBOR", folder=place.folder / "harbor")
        self.nordic = UblSupplier(chosen.get("S-NOR", Behaviour()), "NORDIC", reply_to=f"{reply}/nordic")
        self._place = place
        self._ours, self._facility = ours, facility
        self._stack = ExitStack()

    def __enter__(self) -> Market:
        for supplier in (self.meridian, self.harbor, self.nordic):
            self._stack.enter_context(supplier)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def suppliers(self) -> dict[str, CxmlSupplier | X12Supplier | UblSupplier]:
        """The suppliers by our references of them."""
        return {"S-MER": self.meridian, "S-HAR": self.harbor, "S-NOR": self.nordic}

    def channels(self) -> str:
        """The channels of the suppliers, as the channels file has them."""
        password = self._place.folder / "harbor-password"
        password.write_text(self.harbor.server.password)
        http = 'kind = "https"\nurl = "{}"'
        sftp = (
            f'kind = "sftp"\nhost = "127.0.0.1"\nport = {self.harbor.server.port}\nuser = "{self.harbor.server.user}"\n'
            f'password = "file:{password}"\nhost_key = "{self.harbor.server.fingerprint}"\n'
            'put = "/orders"\ncollect = "/outbox"\nanswers = "/answers"\nsettle_seconds = 0'
        )
        rows = (
            ("meridian", "cxml", "S-MER", "NetworkId:WARDLINE", "NetworkId:MERIDIAN", "answer_hours = 4",
             http.format(self.meridian.url) + "\nanswers = true"),
            ("harbor", "x12", "S-HAR", "ZZ:WARDLINE", "ZZ:HARBOR", "answer_hours = 4", sftp),
            ("nordic", "ubl", "S-NOR", "0088:4012345000009", "0088:7300010000001", "", http.format(self.nordic.url)),
        )  # fmt: skip
        names = ("name", "standard", "supplier", "ours", "theirs", "answer", "transport")
        partners = (dict(zip(names, row, strict=True)) for row in rows)
        return self._ours + "".join(PARTNER.format(facility=self._facility, **partner) for partner in partners)

    def open(self, key: str) -> None:
        """Let the suppliers know the key under which they may answer."""
        self.meridian.key = self.nordic.key = key
