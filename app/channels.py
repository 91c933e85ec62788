"""The channels file: who sends what, and the facilities it is for, as data; adding one is an entry, never code.

Read once by ``app.services``. All faults of the file are named at once, with their places.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from marshmallow import Schema, ValidationError, fields, post_load, validate

from app.errors import Misconfigured
from app.model.channel import LANES, Channel
from app.model.derived import schema_of
from app.model.documents import KINDS
from app.model.item import SCHEMES
from app.model.party import Address
from app.model.setup import Facility, Setup
from app.model.transport import TRANSPORT_SETTINGS, TransportSettings
from app.standards import STANDARDS, by_name


class _Zone(fields.Field[ZoneInfo]):
    """An IANA time zone name."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> ZoneInfo:
        try:
            return ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, TypeError):
            raise ValidationError("is no IANA time zone") from None


class _Transport(fields.Field[TransportSettings]):
    """A table whose ``kind`` says which transport its other settings are for."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> TransportSettings:
        if not isinstance(value, dict) or value.get("kind") not in TRANSPORT_SETTINGS:
            raise ValidationError(f"kind must be one of {', '.join(TRANSPORT_SETTINGS)}")
        settings = {name: setting for name, setting in value.items() if name != "kind"}
        loaded: TransportSettings = schema_of(TRANSPORT_SETTINGS[value["kind"]])().load(settings)
        return loaded


class _ChannelSchema(Schema):
    name = fields.String(required=True, validate=validate.Regexp(r"[a-z0-9][a-z0-9-]{0,63}\Z"))
    standard = fields.String(required=True, validate=validate.OneOf([standard.name for standard in STANDARDS]))
    facility = fields.String(required=True, validate=validate.Regexp(r"[A-Za-z0-9_.-]{1,32}\Z"))
    owner = fields.String()
    lane = fields.String(validate=validate.OneOf(LANES))
    time_zone = _Zone()
    default_unit = fields.String(validate=validate.Length(1, 32))
    senders = fields.List(fields.String())
    identifier_systems = fields.Dict(keys=fields.String(), values=fields.String(validate=validate.OneOf(SCHEMES)))
    mllp_port = fields.Integer(strict=True, validate=validate.Range(1, 65535))
    options = fields.Dict(keys=fields.String())
    our_address = fields.String(validate=validate.Length(1, 200))
    partner_address = fields.String(validate=validate.Length(1, 200))
    answered_on = fields.String(validate=validate.Length(1, 64))
    answer_hours = fields.Decimal(validate=validate.Range(0, 24 * 365))
    supplier = fields.String(validate=validate.Length(1, 64))
    sends = fields.List(fields.String(validate=validate.OneOf(list(KINDS))))
    transport = _Transport()

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Channel:
        """The channel itself; its options are in the form of its standard. Raises ValidationError."""
        lists, options = {name: tuple(data.get(name, ())) for name in ("senders", "sends")}, data.get("options")
        if options is not None:
            try:
                options = schema_of(by_name(data["standard"]).options)().load(options)
            except ValidationError as error:
                raise ValidationError(error.messages, "options") from None
        if data.get("sends"):
            _check_sending(data)
        return Channel(**data | lists | {"options": options})


def _check_sending(data: dict[str, Any]) -> None:
    """What a channel needs that something is to be sent over. Raises ValidationError naming all that it lacks."""
    transport: TransportSettings | None = data.get("transport")
    lacks = [name for name in ("our_address", "partner_address") if not data.get(name)]
    if transport is None or not transport.pushes:
        lacks.append("a transport to send with")
    if unwritten := sorted(set(data["sends"]) - by_name(data["standard"]).writes):
        lacks.append(f"a standard that writes {', '.join(unwritten)}")
    if lacks:
        raise ValidationError(f"the channel lacks {'; '.join(lacks)}", "sends")


class _FacilitySchema(Schema):
    code = fields.String(required=True, validate=validate.Regexp(r"[A-Za-z0-9_.-]{1,32}\Z"))
    name = fields.String()
    company = fields.String()
    warehouse = fields.String(validate=validate.Length(1, 5))
    receiving = fields.String()
    quarantine = fields.String()
    currency = fields.String(validate=validate.Regexp(r"[A-Z]{3}\Z"))
    time_zone = _Zone()
    language = fields.String(validate=validate.Regexp(r"[a-z]{2,3}(_[A-Z]{2})?\Z"))
    identifiers = fields.Dict(keys=fields.String(), values=fields.String())
    address = fields.Nested(schema_of(Address))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Facility:
        """The facility itself."""
        return Facility(**data)


def load(path: str) -> Mapping[str, Channel]:
    """The channels by name. Raises Misconfigured naming every fault of the file."""
    return setup(path).channels


def setup(path: str) -> Setup:
    """The channels and facilities. Raises Misconfigured naming every fault of the file."""
    try:
        content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Misconfigured(f"channels file {path}: {error}", code="channels.unreadable") from error
    entries = [{"name": name, **entry} for name, entry in content.get("channels", {}).items()]
    channels: list[Channel] = list(_made(_ChannelSchema(), entries, path))
    sites = [{"code": code, **entry} for code, entry in content.get("facilities", {}).items()]
    facilities: list[Facility] = list(_made(_FacilitySchema(), sites, path))
    ports = [channel.mllp_port for channel in channels if channel.mllp_port]
    if len(ports) != len(set(ports)):
        raise Misconfigured(f"channels file {path}: an mllp_port is used twice", code="channels.invalid")
    names = {channel.name for channel in channels}
    if lost := sorted({channel.answered_on for channel in channels} - names - {""}):
        text = f"answered_on names {', '.join(lost)}, which is no channel"
        raise Misconfigured(f"channels file {path}: {text}", code="channels.invalid")
    return Setup({channel.name: channel for channel in channels}, {site.code: site for site in facilities})


def _made(schema: Schema, entries: list[dict[str, Any]], path: str) -> Iterator[Any]:
    """The entries. Raises Misconfigured with the faults of all of them."""
    faults = []
    for entry in entries:
        try:
            yield schema.load(entry)
        except ValidationError as error:
            # Not loaded with ``many``: a fault in options is found last, where marshmallow counts no entries any more.
            faults.append(f"{entry.get('name') or entry.get('code')}: {error.messages}")
    if faults:
        raise Misconfigured(f"channels file {path}: {'; '.join(faults)}", code="channels.invalid")
