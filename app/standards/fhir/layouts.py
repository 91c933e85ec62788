"""Where the resources that tell consumption say what (FHIR R4 and R5, the resources' own pages), as data.

Used by ``app.standards.fhir.consumptions``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

NOT_YET = "nothing was used yet; send it when it is completed"
NOTHING = "it changes no stock; do not send it"
_NOT_YET = ("preparation", "in-progress", "on-hold", "intended", "planned")
_NOTHING = ("abandoned", "cancelled", "declined", "stopped", "not-done", "aborted")


@dataclass(frozen=True, slots=True)
class Layout:
    """One type of resource.

    ``item`` is the element that names the item, ``holder`` the one it and the quantity stand in, ``code`` a concept
    that may name it too. ``times`` and ``locations`` are asked in turn. ``period`` tells which end of a Period counts.
    """

    item: str
    times: tuple[str, ...]
    locations: tuple[str, ...] = ()
    holder: str | None = None
    code: str | None = None
    quantity: tuple[str, ...] | None = ("quantity",)
    used: frozenset[str] = frozenset({"completed"})
    refused: Mapping[str, str] = field(
        default_factory=lambda: dict.fromkeys(_NOT_YET, NOT_YET) | dict.fromkeys(_NOTHING, NOTHING)
    )
    period: tuple[str, str] = ("end", "start")


_DEVICE_USE = frozenset({"active", "completed", "stopped"})
"""A device in use was taken from stock when its use began; that it is used no more gives nothing back."""

LAYOUTS: Mapping[str, Layout] = {
    "SupplyDelivery": Layout("item", ("occurrence[x]",), ("destination",), holder="suppliedItem"),
    "DeviceDispense": Layout("device", ("whenHandedOver", "preparedDate"), ("location", "destination")),
    "MedicationDispense": Layout(
        "medication", ("whenHandedOver", "recorded", "whenPrepared"), ("location", "destination")
    ),
    "MedicationAdministration": Layout(
        "medication", ("effective[x]", "occurence[x]", "occurrence[x]", "recorded"), quantity=("dosage", "dose")
    ),
    "DeviceUseStatement": Layout(
        "device", ("timing[x]", "recordedOn"), quantity=None, used=_DEVICE_USE, period=("start", "end")
    ),
    "DeviceUsage": Layout(
        "device", ("timing[x]", "dateAsserted"), quantity=None, used=_DEVICE_USE, period=("start", "end")
    ),
    "ChargeItem": Layout(
        "product",
        ("occurrence[x]", "enteredDate"),
        code="code",
        used=frozenset({"billable", "billed", "not-billable"}),
    ),
}
"""The types, those first that know most of stock: what two of them tell of one item in one Bundle counts once.

``occurence`` is how R5 spells it."""
