"""The clinical systems of the demonstration hospital: they send the sample messages over HTTP and MLLP."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.errors import Unavailable

SAMPLES = Path(__file__).parent / "samples"
TYPES = {".hl7": "application/hl7-v2", ".json": "application/fhir+json", ".ndjson": "application/x-ndjson"}
TRANSFERS = (
    ("cathlab-hl7", "dft-case.hl7", "mllp"),
    ("cathlab-hl7", "dft-return-and-reversal.hl7", "mllp"),
    ("cathlab-hl7", "dft-pacemaker.hl7", "http"),
    ("or-fhir", "bundle-transaction.json", "http"),
    ("or-fhir", "supply-delivery.json", "http"),
    ("or-fhir", "supply-delivery-undone.json", "http"),
    ("cabinets", "consumption.ndjson", "http"),
    ("cathlab-hl7", "dft-unknown-item.hl7", "mllp"),
    ("cathlab-hl7", "dft-broken.hl7", "http"),
    ("cathlab-hl7", "dft-case.hl7", "mllp"),
)
"""Channel, file and transport, in the order of a day; the last repeats the first, as a sender does after a time-out."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One sending and the first line of its answer that says yes or no."""

    channel: str
    file: str
    transport: str
    answer: str


def send_all(url: str, mllp_port: int, key: str) -> list[Sent]:
    """Send every sample in order."""
    sent = []
    for channel, name, transport in TRANSFERS:
        content = (SAMPLES / name).read_bytes()
        answer = over_mllp(mllp_port, content) if transport == "mllp" else over_http(url, channel, name, content, key)
        sent.append(Sent(channel, name, transport, answer))
    return sent


def over_http(url: str, channel: str, name: str, content: bytes, key: str) -> str:
    """Send a message over HTTP; the status and, for HL7, the acknowledgement code."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": TYPES[Path(name).suffix]}
    response = httpx.post(f"{url}/v1/messages/{channel}", content=content, headers=headers, timeout=30)
    code = _acknowledgement(response.content)
    return f"{response.status_code} {code}".strip()


def over_mllp(port: int, content: bytes) -> str:
    """Send an HL7 message over MLLP; the acknowledgement code. Raises Unavailable where the answer breaks off."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(b"\x0b" + content + b"\x1c\r")
        answer = b""
        while not answer.endswith(b"\x1c\r"):
            if not (part := connection.recv(65536)):
                raise Unavailable("the MLLP listener closed the connection without an answer")
            answer += part
    return _acknowledgement(answer)


def _acknowledgement(answer: bytes) -> str:
    """MSA-1, or nothing where the answer is not HL7."""
    segments = answer.strip(b"\x0b\x1c\r").split(b"\r")
    return next((s.split(b"|")[1].decode() for s in segments if s.startswith(b"MSA|")), "")
