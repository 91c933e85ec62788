"""Odoo's exceptions, each with the name and the HTTP status that JSON-2 gives it.

Raised by the models of the stand-in; the server turns them into Odoo's error bodies.
"""

from __future__ import annotations

from typing import ClassVar


class OdooError(Exception):
    """What Odoo answers instead of a result."""

    name: ClassVar[str] = "builtins.Exception"
    status: ClassVar[int] = 500


class UserError(OdooError):
    """A rule of the business forbids it."""

    name = "odoo.exceptions.UserError"
    status = 422


class ValidationError(UserError):
    """A constraint of a model forbids it."""

    name = "odoo.exceptions.ValidationError"


class MissingError(UserError):
    """The record does not exist."""

    name = "odoo.exceptions.MissingError"
    status = 404


class ProgrammingError(OdooError):
    """The caller named an unknown field or passed a value of the wrong kind."""

    name = "builtins.ValueError"


class SerializationFailure(OdooError):
    """Another transaction was faster, five times over."""

    name = "psycopg2.errors.SerializationFailure"


class BadRequest(OdooError):
    """The body is not JSON."""

    name = "werkzeug.exceptions.BadRequest"
    status = 400


class Unauthorized(OdooError):
    """The API key is wrong or missing."""

    name = "werkzeug.exceptions.Unauthorized"
    status = 401


class UnknownMethod(OdooError):
    """There is no such model or method."""

    name = "werkzeug.exceptions.NotFound"
    status = 404


class WrongArguments(OdooError):
    """An argument is missing or unknown."""

    name = "werkzeug.exceptions.UnprocessableEntity"
    status = 422
