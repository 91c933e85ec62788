"""What may be peculiar to a partner that speaks UBL.

Set as a channel's ``options``; used by the readers and writers of this standard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class UblOptions:
    """A partner's habits; the defaults are those of the Peppol BIS 3.

    ``units`` gives the UN/ECE code for unit codes of the partner's own (``BX`` to ``XBX``); it goes before the common
    table. ``item_schemes`` and ``party_schemes`` give the identifier scheme for a ``schemeID`` the house does not know.
    ``order_types`` gives the OrderTypeCode for a type of order (``bill_only`` has none of its own). ``order_profile``
    and the other profiles are the ProfileIDs written. ``strict`` lists codes of warnings that reject a message.
    """

    units: Mapping[str, str] = field(default_factory=dict)
    item_schemes: Mapping[str, str] = field(default_factory=dict)
    party_schemes: Mapping[str, str] = field(default_factory=dict)
    order_types: Mapping[str, str] = field(default_factory=dict)
    strict: tuple[str, ...] = ()
    order_profile: str = "urn:fdc:peppol.eu:poacc:bis:ordering:3"
    order_change_profile: str = "urn:fdc:peppol.eu:poacc:bis:advanced_ordering:3"
    receipt_profile: str = "urn:fdc:peppol.eu:logistics:bis:despatch_advice_w_receipt_advice:1"
    invoice_response_profile: str = "urn:fdc:peppol.eu:poacc:bis:invoice_response:3"
    catalogue_response_profile: str = "urn:fdc:peppol.eu:poacc:bis:catalogue_only:3"
    message_response_profile: str = "urn:fdc:peppol.eu:poacc:bis:mlr:3"
