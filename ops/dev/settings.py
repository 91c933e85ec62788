"""Where the development servers live and listen, read once from the environment.

Used by ``ops.dev.stack`` to build the services; nothing else in this package looks at the environment for settings.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.dev.errors import DevError

POSTGRES_URL = "WARDLINE_TEST_POSTGRES_URL"
RABBITMQ_URL = "WARDLINE_TEST_RABBITMQ_URL"
REDIS_URL = "WARDLINE_TEST_REDIS_URL"
ODOO_URL = "WARDLINE_TEST_ODOO_URL"
ODOO_DB = "WARDLINE_TEST_ODOO_DB"
ODOO_API_KEY = "WARDLINE_TEST_ODOO_API_KEY"
TEST_VARIABLES = (POSTGRES_URL, RABBITMQ_URL, REDIS_URL, ODOO_URL, ODOO_DB, ODOO_API_KEY)


@dataclass(frozen=True)
class Settings:
    """One set of development servers. Two sets run side by side when their folders and ports differ."""

    folder: Path
    postgres_port: int = 55432
    rabbitmq_port: int = 55672
    redis_port: int = 55379
    odoo_port: int = 58069
    odoo_deb: Path | None = None
    given: Mapping[str, str] | None = None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read ``WARDLINE_DEV_*`` and the ``WARDLINE_TEST_*`` variables that name servers of your own."""
        environ = os.environ if environ is None else environ
        default = f"/var/tmp/wardline-dev-{getpass.getuser()}"  # noqa: S108 - owner is checked by Folder
        deb = environ.get("WARDLINE_DEV_ODOO_DEB")
        return cls(
            folder=Path(environ.get("WARDLINE_DEV_DIR") or default).absolute(),
            postgres_port=_port(environ, "WARDLINE_DEV_PG_PORT", cls.postgres_port),
            rabbitmq_port=_port(environ, "WARDLINE_DEV_RABBITMQ_PORT", cls.rabbitmq_port),
            redis_port=_port(environ, "WARDLINE_DEV_REDIS_PORT", cls.redis_port),
            odoo_port=_port(environ, "WARDLINE_DEV_ODOO_PORT", cls.odoo_port),
            odoo_deb=Path(deb).absolute() if deb else None,
            given={name: environ[name] for name in TEST_VARIABLES if environ.get(name)},
        )

    def named(self, variable: str) -> str | None:
        """The address of a server the environment names, which is then neither started nor stopped by us."""
        return (self.given or {}).get(variable)


def _port(environ: Mapping[str, str], variable: str, default: int) -> int:
    text = environ.get(variable) or str(default)
    if not text.isdigit() or not 1024 <= int(text) <= 65000:
        raise DevError(f"{variable}={text} is no port number", hint="give a number from 1024 to 65000")
    return int(text)
