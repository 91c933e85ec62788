"""What is the same for all transports over HTTP: one request, its time limits, and what each outcome means.

Used by ``https`` and ``webhook``. No connection is kept for the next message: one that the other side has closed
meanwhile would leave that message in doubt. Nothing of an answer's body reaches an error or a log.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx

from app import ids
from app.errors import Misconfigured, RateLimited, Transient, WardlineError
from app.model.transport import HttpSettings
from app.partners.base import Refused, denied, unknown, unreachable

LARGEST_ANSWER = 4 * 1024 * 1024
OURS = (301, 302, 303, 307, 308, 401, 402, 403, 404, 405, 407, 410)
"""Statuses that say that the channel is wrong rather than the message: address, credentials, permission."""
LATER = (429, 503)
AGAIN = (408, 425)
"""The partner says itself that it did nothing."""
LONGEST_PAUSE = 3600.0

_BEFORE = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)
"""Nothing was sent when these come."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A partner's answer to a request that it took."""

    status: int
    content_type: str
    body: bytes


class Web:
    """Requests to one partner's address."""

    def __init__(self, settings: HttpSettings) -> None:
        self._settings = settings
        self._client = _client(settings)

    def post(self, body: bytes, headers: Mapping[str, str], auth: tuple[str, str] | None = None) -> Reply:
        """Post a body.

        Raises Unavailable, Transient, RateLimited, Refused or InDoubt, as the outcome means.
        """
        deadline = time.monotonic() + self._settings.read_seconds
        request = self._client.build_request("POST", self._settings.url, content=body, headers=headers)
        try:
            answer = self._client.send(request, auth=auth or httpx.USE_CLIENT_DEFAULT, stream=True)
            try:
                content = _content(answer, deadline)
            finally:
                answer.close()
        except _BEFORE as error:
            raise _unreached(error) from error
        except httpx.HTTPError as error:
            raise unknown(f"the partner's answer did not come ({type(error).__name__})") from error
        if not answer.is_success:
            raise meaning(answer.status_code, answer.headers)
        return Reply(answer.status_code, answer.headers.get("content-type", ""), content)

    def check(self) -> str:
        """Ask what may be done there, which changes nothing; the status. Raises Unavailable where nobody answers."""
        try:
            status = self._client.request("OPTIONS", self._settings.url).status_code
        except httpx.HTTPError as error:
            raise _unreached(error) from error
        return f"answers OPTIONS with HTTP {status}"

    def close(self) -> None:
        """Close what is open."""
        self._client.close()


def meaning(status: int, headers: Mapping[str, str]) -> WardlineError:
    """What a status that is no success means for the message."""
    code, text = f"partner.http_{status}", f"the partner answered with HTTP {status}"
    if status in LATER:
        return RateLimited(text, retry_after=_pause(headers.get("retry-after", "")), code=code)
    if status in AGAIN:
        return Transient(text, code=code)
    if status in OURS:
        return denied(text, code)
    if status == 501 or 400 <= status < 500:
        return Refused(text, code=code)
    return unknown(text, code)


def _content(answer: httpx.Response, deadline: float) -> bytes:
    """The whole answer within its size and time: httpx's own limit starts anew with every piece."""
    content = bytearray()
    for piece in answer.iter_bytes():
        content += piece
        if len(content) > LARGEST_ANSWER:
            raise unknown("the partner's answer is too long", "partner.answer_too_long")
        if time.monotonic() > deadline:
            raise unknown("the partner's answer did not end in time")
    return bytes(content)


def _pause(told: str) -> float:
    """Seconds of a ``Retry-After``, which is a number or a date (RFC 9110, section 10.2.3)."""
    seconds = 60.0
    if told.strip().isdecimal():
        seconds = float(told)
    elif told:
        try:
            at = parsedate_to_datetime(told)
            seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - ids.now()).total_seconds()
        except ValueError:
            pass
    return min(max(seconds, 1.0), LONGEST_PAUSE)


def _unreached(error: httpx.HTTPError) -> WardlineError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return denied("the partner's certificate is not trusted", "partner.certificate")
        cause = cause.__cause__ or cause.__context__
    return unreachable(error)


def _client(settings: HttpSettings) -> httpx.Client:
    try:
        trust = ssl.create_default_context(cafile=settings.ca or None)
        if settings.certificate:
            trust.load_cert_chain(settings.certificate, settings.key)
    except OSError as error:
        raise Misconfigured("the certificates of the channel's transport cannot be read", code="tls.files") from error
    limits = httpx.Timeout(settings.read_seconds, connect=settings.connect_seconds)
    return httpx.Client(
        verify=trust,
        timeout=limits,
        limits=httpx.Limits(max_connections=1, max_keepalive_connections=0),
        trust_env=False,
        follow_redirects=False,
        headers={"user-agent": "Wardline", **settings.headers},
    )
