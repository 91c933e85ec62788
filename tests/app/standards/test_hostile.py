"""Whatever arrives, a standard reads it or refuses it: never another exception, never a hang, always an answer."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import Rejected
from app.model.channel import Channel, Profile
from app.model.envelope import Envelope, Reading, Receipt
from app.model.schema import document_from_json, document_to_json
from app.standards import STANDARDS, by_name
from app.standards.base import Standard

SAMPLES = Path(__file__).parents[3] / "ops" / "demo" / "samples"
OF_STANDARD = {
    "hl7v2": ["dft-case.hl7", "dft-return-and-reversal.hl7", "dft-pacemaker.hl7"],
    "fhir-r4": ["bundle-transaction.json", "supply-delivery.json"],
    "canonical": ["consumption.ndjson", "consumption.json"],
}
EACH = [(by_name(name), (SAMPLES / sample).read_bytes()) for name, samples in OF_STANDARD.items() for sample in samples]
JSON = [(standard, sample) for standard, sample in EACH if standard.name != "hl7v2"]
SECONDS = 3.0
"""Processor time: more than the worst of these needs, far less than a hang."""

each_sample = pytest.mark.parametrize(("standard", "sample"), EACH)
each_standard = pytest.mark.parametrize("standard", STANDARDS, ids=lambda standard: standard.name)


def take(standard: Standard, body: bytes) -> bool:
    """Take a body as intake does; whether it was read."""
    channel = Channel("ward", standard.name, "GEN", identifier_systems={"https://hospital.example/items": "internal"})
    envelope: Envelope | None = None
    try:
        envelope = standard.envelope(body)
        reading = standard.read(body, Profile(channel, lambda number: f"case-{len(number)}"))
    except Rejected as error:
        receipt = Receipt("rejected", None, None, envelope, error.issues)
    else:
        receipt = Receipt("accepted", None, None, envelope, reading.issues)
        check(reading)
    assert standard.acknowledge(receipt).body
    assert receipt.issues or receipt.outcome == "accepted"
    if envelope:
        lengths = [len(text or "") for text in (envelope.sender, envelope.control_id, envelope.message_type)]
        assert max(lengths[:2]) <= 200
        assert lengths[2] <= 64
    return receipt.outcome == "accepted"


def check(reading: Reading) -> None:
    """Nothing enters that does not fit the ledger."""
    for document in reading.documents:
        assert document.quantity.value > 0
        assert document.location
        assert document_from_json(document_to_json(document)) == document
        assert all(len(value) <= 200 for _, value in document.business_keys())


@each_sample
def test_the_samples_are_read(standard: Standard, sample: bytes) -> None:
    assert take(standard, sample)


def stride(sample: bytes) -> int:
    """Every byte of a short sample, every few of a long one."""
    return 1 + len(sample) // 400


@each_sample
def test_cut_off_at_every_byte(standard: Standard, sample: bytes) -> None:
    for length in range(0, len(sample), stride(sample)):
        take(standard, sample[:length])


@each_sample
def test_with_every_byte_left_out(standard: Standard, sample: bytes) -> None:
    for place in range(0, len(sample), stride(sample)):
        take(standard, sample[:place] + sample[place + 1 :])


@each_sample
def test_with_bytes_changed_at_random(standard: Standard, sample: bytes) -> None:
    draw = random.Random(20261120)
    for _ in range(300):
        body = bytearray(sample)
        for _ in range(draw.randint(1, 8)):
            body[draw.randrange(len(body))] = (
                draw.choice(b'\x00\r\n|^~\\&"{}[]:,0129-+.eE\xe4\xff\x1d(')
                if draw.random() < 0.7
                else draw.randrange(256)
            )
        take(standard, bytes(body))


@each_sample
def test_with_parts_moved_doubled_and_lost(standard: Standard, sample: bytes) -> None:
    draw = random.Random(20261121)
    for _ in range(100):
        parts = [sample[i : i + 40] for i in range(0, len(sample), 40)]
        draw.choice([draw.shuffle, lambda found: found.extend(found[:5]), lambda found: found.pop()])(parts)
        take(standard, b"".join(parts))


@each_sample
def test_the_same_message_in_other_line_ends_and_with_blanks_around(standard: Standard, sample: bytes) -> None:
    for body in (sample.replace(b"\n", b"\r\n"), b"\n\n" + sample + b"\n\n", b"\xef\xbb\xbf" + sample):
        assert take(standard, body)
        assert standard.envelope(body).fingerprint == standard.envelope(sample).fingerprint


def leaves(value: object, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    """The paths to every value in a JSON value."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in children:
        yield from leaves(child, (*path, name))


STRANGE_VALUES = (
    None,
    True,
    -1,
    1.5,
    10**30,
    "",
    "\xa0",
    "x" * 300,
    "\x1d",
    "2026-11-20",
    [],
    {},
    [[None]],
    {"": None},
)
STRANGE_FIELDS = (b"", b"\xc2\xa0", b'""', b"^~&^~&", b"x" * 300, rb"\X00\\X1D\\F\\E\ ", b"-0", b"\n")


@pytest.mark.parametrize("sample", [sample for standard, sample in EACH if standard.name == "hl7v2"][1:])
def test_with_every_field_replaced_by_something_strange(sample: bytes) -> None:
    fields = sample.split(b"|")
    for place in range(len(fields)):
        for strange in STRANGE_FIELDS:
            take(by_name("hl7v2"), b"|".join([*fields[:place], strange, *fields[place + 1 :]]))


@pytest.mark.parametrize(
    ("standard", "content"),
    [(standard, json.loads(sample.splitlines()[0] if b"CAB3" in sample else sample)) for standard, sample in JSON],
)
def test_with_every_value_replaced_by_something_strange(standard: Standard, content: object) -> None:
    paths = list(leaves(content))
    for path in paths[:: 1 + len(paths) // 40]:
        for strange in STRANGE_VALUES:
            take(standard, json.dumps(replaced(content, path, strange)).encode())


def replaced(value: Any, path: tuple[Any, ...], new: object) -> object:
    """The JSON value with one place in it changed."""
    if not path:
        return new
    changed = value.copy()
    changed[path[0]] = replaced(value[path[0]], path[1:], new)
    return changed


def timed(function: Callable[[], object]) -> float:
    start = time.process_time()
    function()
    return time.process_time() - start


MSH = rb"MSH|^~\&|A|B|C|D|1||DFT^P03|1|P|2.8" + b"\r"
FT1 = b"FT1|1|T|||20261120||CG|%s|||1||||||%s\r"
CREDIT = b"FT1|%d|T%d||20261120||CD|A|||1||||||OR1|||||||||||||||T9%d\r"
PRT = b"PRT||||||||||" + b"~".join(b"(01)00812345678901(21)%d" % n for n in range(5)) + b"\r"
DEVICE = {
    "resourceType": "Device",
    "id": "d",
    "udiCarrier": [{"carrierHRF": f"(01)00812345678901(10){n}"} for n in range(10)],
}
USE = {"resourceType": "SupplyDelivery", "suppliedItem": {"itemReference": {"reference": "Device/d"}}}
CROWD = {"resourceType": "Bundle", "type": "batch", "entry": [{"resource": DEVICE}, *[{"resource": USE}] * 500]}
HUGE = {
    "nothing": b"",
    "blanks": b" " * 10**6,
    "NULs": b"\0" * 10**6,
    "line ends": b"\r\n" * 10**6,
    "deep lists": b"[" * 10**6,
    "deep objects": b'{"a":' * 10**5 + b"1" + b"}" * 10**5,
    "a long text": b'{"resourceType":"SupplyDelivery","id":"' + b"x" * 10**7 + b'"}',
    "a long number": b'{"resourceType":"SupplyDelivery","id":' + b"9" * 10**7 + b"}",
    "a huge exponent": b'{"quantity":{"value":1e999999999},"resourceType":"SupplyDelivery"}',
    "many keys": b"{" + b",".join(b'"k%d":%d' % (n, n) for n in range(20_000)) + b"}",
    "many entries": b'{"resourceType":"Bundle","type":"batch","entry":[' + b"{}," * 100_000 + b"{}]}",
    "many lines": b"{}\n" * 100_000,
    "half a character": b'{"resourceType":"SupplyDelivery","id":"\\ud800"}',
    "an escaped NUL": b'{"resourceType":"SupplyDelivery","id":"\\u0000"}',
    "UTF-16": '{"resourceType":"SupplyDelivery"}'.encode("utf-16"),
    "many segments": MSH + b"FT1|1\r" * 200_000,
    "a long segment": MSH + b"NTE|" + b"x" * 10**7,
    "many fields": MSH + b"FT1" + b"|" * 10**6,
    "many repetitions": MSH + FT1 % (b"A~" * 100_000, b"OR1"),
    "many components": MSH + FT1 % (b"A", b"^" * 200_000),
    "many escapes": MSH + FT1 % (b"\\X41\\" * 40_000, b"OR1"),
    "open escapes": MSH + FT1 % (b"\\" * 200_000, b"OR1"),
    "many credits": MSH + b"".join(CREDIT % (n, n, n) for n in range(1, 2_000)),
    "many carriers": MSH + FT1 % (b"A", b"OR1") + b"PRT||||||||||" + b"(01)00812345678901~" * 10_000,
    "many devices": MSH + b"".join(FT1 % (b"A", b"OR1") + PRT * 20 for _ in range(80)),
    "one device for many": json.dumps(CROWD).encode(),
    "a long header": b"MSH|^~\\&|" + b"x|" * 10**6,
    "a long UDI": MSH + FT1 % (b"A", b"OR1") + b"PRT||||||||||" + b"(01)" * 50_000,
}  # fmt: skip


@each_standard
@pytest.mark.parametrize("body", HUGE.values(), ids=HUGE.keys())
def test_huge_and_deep_messages_end_soon(standard: Standard, body: bytes) -> None:
    assert timed(lambda: take(standard, body)) < SECONDS


@each_standard
@given(body=st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes(standard: Standard, body: bytes) -> None:
    take(standard, body)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
@settings(max_examples=500, deadline=None)
def test_any_text_after_a_header(text: str) -> None:
    take(by_name("hl7v2"), MSH + text.encode())


names = st.sampled_from(["resourceType", "entry", "resource", "status", "identifier", "contained"]) | st.text(
    max_size=5
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(names, below, max_size=4),
    max_leaves=15,
)


@given(values)
@settings(max_examples=100, deadline=None)
def test_any_json(value: object) -> None:
    for standard in STANDARDS:
        take(standard, json.dumps(value).encode())
    for kind in ("SupplyDelivery", "Bundle"):
        content = {"resourceType": kind, "type": "batch", "entry": value, "suppliedItem": value, "destination": value}
        take(by_name("fhir-r4"), json.dumps(content).encode())
