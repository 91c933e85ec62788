"""The closed family of errors: the class decides what becomes of the work, never a flag or a message text.

Everything above raises from here; ``app.flows`` and ``workers.task`` act on the class alone. The texts reach people
and logs, so they name codes, places and identifiers and never carry a payload.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class WardlineError(Exception):
    """Something went wrong in Wardline.

    ``code`` is stable and may be matched by machines, ``hint`` tells the operator what to do next. The docstring of
    a class is its message when none is given.
    """

    code = "wardline.error"
    hint = ""

    def __init__(self, message: str | None = None, *, code: str | None = None, hint: str | None = None) -> None:
        self.message = message or (self.__doc__ or "").split("\n", 1)[0]
        self.code = code or self.code
        self.hint = hint or self.hint
        super().__init__(self.message)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.__dict__.copy(), self.args))


def _rebuild(cls: type[WardlineError], state: dict[str, object], args: tuple[object, ...]) -> WardlineError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class Misconfigured(WardlineError):
    """A setting or a channel is wrong."""

    code = "configuration.invalid"
    hint = "Correct the setting that is named and start again; `wardline doctor` checks them all."


class Transient(WardlineError):
    """It did not work this time and certainly had no effect; it is tried again with backoff."""

    code = "transient"


class RateLimited(Transient):
    """The other side asked us to slow down; it is tried again after ``retry_after`` seconds."""

    code = "rate_limited"

    def __init__(self, message: str | None = None, *, retry_after: float = 30.0, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class Unavailable(Transient):
    """The other side is down and certainly saw nothing; the work waits and no attempt is used up."""

    code = "unavailable"


class InDoubt(WardlineError):
    """The call may or may not have taken effect; ask by its key before anything else is done."""

    code = "in_doubt"


class Permanent(WardlineError):
    """It cannot work without a change by a technician; it becomes a dead letter."""

    code = "permanent"
    hint = "Find the cause, mend it, then requeue with `wardline dlq requeue`."


class Conflict(WardlineError):
    """The same key arrived with another body."""

    code = "key_conflict"
    hint = "Send the corrected message under a new key or control id."


class Overtaken(WardlineError):
    """Somebody was faster: what is to be changed is no longer as it was seen."""

    code = "overtaken"
    hint = "Look at it again, and decide on what it is now."


class NotFound(WardlineError):
    """There is no such record."""

    code = "not_found"


class Gone(WardlineError):
    """It was there once, and its time is over."""

    code = "gone"


class Forbidden(WardlineError):
    """The key is unknown or may not do this."""

    code = "forbidden"


@dataclass(frozen=True, slots=True)
class Issue:
    """One fault in a message: a stable code, where it is, and what is expected there.

    ``where`` is a place in the standard's own notation: ``FT1[2]-10``, ``Bundle.entry[3].resource.status``,
    ``line 7: quantity``. ``text`` never quotes the value found. ``severity`` is ``error`` or ``warning``.
    """

    code: str
    where: str
    text: str
    severity: str = "error"


class Rejected(WardlineError):
    """The message is wrong and its sender must correct it.

    ``retryable`` tells the sender that the same bytes may be sent again later (HL7 AR) rather than corrected (AE).
    """

    code = "message.rejected"

    def __init__(self, issues: Sequence[Issue], *, code: str | None = None, retryable: bool = False) -> None:
        first = issues[0]
        super().__init__(f"{first.text} ({first.where})", code=code or first.code)
        self.issues = tuple(issues)
        self.retryable = retryable


class Held(WardlineError):
    """A person must decide: a business cause that no retry can cure.

    ``cause`` is the kind of hold (``item_unknown``), ``subject`` what it is about (``item:*:STENT-99``); holds with the
    same cause and subject form one group that is fixed once and released together.
    """

    code = "held"

    def __init__(self, cause: str, subject: str, hint: str, message: str | None = None) -> None:
        super().__init__(message or f"{cause}: {subject}", code=f"held.{cause}", hint=hint)
        self.cause = cause
        self.subject = subject
