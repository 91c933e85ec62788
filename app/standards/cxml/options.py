"""What may be peculiar to a partner that speaks cXML; a channel sets it as its ``options``.

Read through ``Profile.options``; the schema is derived from here and published with the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class CxmlOptions:
    """A partner's peculiarities.

    ``version`` is that of the document type written, ``deployment_mode`` and ``user_agent`` stand in what is written.
    ``unit_code_list`` says which list the partner's units are from: with ``either`` only a code that both agree on, or
    that one of them alone knows, has a common unit. ``units`` (code to UN/ECE code) comes before it. ``credentials``
    gives the scheme of a credential's domain, ``identifier_priority`` are item schemes in the order of trust,
    ``strict`` names warnings that reject. A shared secret is never here: it belongs to the transport, which puts it
    into the empty ``SharedSecret`` of what is written.
    """

    version: str = "1.2.050"
    deployment_mode: Literal["production", "test"] = "production"
    user_agent: str = "Wardline"
    language: str = "en"
    unit_code_list: Literal["uncefact", "x12", "either"] = "either"
    units: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict)
    identifier_priority: tuple[str, ...] = ()
    strict: tuple[str, ...] = ()
