"""What may be peculiar to a partner that speaks EDIFACT; a channel sets it as its ``options``.

Read through ``Profile.options``; the schema is derived from here and published with the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class EdifactOptions:
    """A partner's peculiarities; the defaults are EANCOM's.

    ``directory`` is the one that orders, changes and receiving advices are written in, ``message_versions`` (message
    type to ``D:01B:UN:EAN010``) says otherwise for one message; ``character_set`` is the syntax identifier written,
    ``lines`` whether every segment stands on a line of its own, ``ask_acknowledgement`` whether UNB 0031 asks for a
    CONTRL. ``decimal_mark`` holds for numbers read, whatever UNA says.

    ``item_types`` gives the identifier scheme for item types (7143, empty for none); ``party_agencies`` the scheme for
    agencies (3055, empty for none); ``units`` the UN/ECE code for unit codes of the partner's own; ``prices`` are the
    price qualifiers (5125) that count, the best one first; ``order_types`` gives the document name (BGM 1001) for a
    type of order (``bill_only`` has none of its own); ``references`` gives the reference qualifier (1153) for
    ``contract``, ``requisition``, ``cost_centre`` and ``account``; ``identifier_priority`` are schemes in the order of
    trust; ``strict`` lists codes of warnings that reject a message.
    """

    directory: Literal["D.96A", "D.01B"] = "D.01B"
    message_versions: Mapping[str, str] = field(default_factory=dict)
    character_set: Literal["UNOB", "UNOC", "UNOD", "UNOE", "UNOF", "UNOK", "UNOL", "UNOW", "UNOY"] = "UNOC"
    lines: bool = False
    ask_acknowledgement: bool = True
    decimal_mark: Literal["", ".", ","] = ""
    item_types: Mapping[str, str] = field(default_factory=dict)
    party_agencies: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    prices: tuple[str, ...] = ("AAA", "CAL", "INV", "CON", "AAB", "GRP")
    order_types: Mapping[str, str] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    identifier_priority: tuple[str, ...] = ()
    strict: tuple[str, ...] = ()
