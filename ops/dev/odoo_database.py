"""Odoo's databases: one template, made once and dumped, and clones of it in a fraction of a second.

Called by ``ops.dev.odoo``. A clone is a copy of the template's database and of its file store.
"""

from __future__ import annotations

import base64
import hashlib
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

from ops.dev.errors import DevError
from ops.dev.folder import Folder
from ops.dev.postgres import Postgres
from ops.dev.report import timed

ROLE = "odoo_it"
TEMPLATE = "odoo19_template"
DEFAULT = "wardline_odoo"
ADMIN_USER_ID = 2  # base.user_admin
KEY_ROUNDS = 6000  # what Odoo's own API keys use (res_users.py, KEY_CRYPT_CONTEXT)


class OdooDatabases:
    """Template, dump and clones in our PostgreSQL, file stores below Odoo's data folder."""

    def __init__(self, folder: Folder, postgres: Postgres) -> None:
        self.folder = folder
        self.postgres = postgres
        self.filestore = folder.path / "odoo/data/filestore"
        self.dump = folder.path / "odoo/template.dump"

    @property
    def password(self) -> str:
        """The password of Odoo's role."""
        return self.folder.secret("odoo_role")

    @property
    def api_key(self) -> str:
        """The key of Odoo's administrator in the template, and so in every clone."""
        return self.folder.secret("odoo_api_key")

    def ensure_role(self) -> None:
        """Make Odoo's role, which may create databases but is no superuser: Odoo refuses to run as one."""
        there = self.postgres.sql("SELECT 1 FROM pg_roles WHERE rolname = :'role'", role=ROLE)
        verb = "ALTER" if there else "CREATE"
        self.postgres.sql(f"{verb} ROLE {ROLE} LOGIN CREATEDB PASSWORD :'password'", password=self.password)

    def ensure_template(self, stamp: str, initialise: Callable[[str], None]) -> bool:
        """Bring the template there: as it is (False), or from its dump or anew with ``initialise(database)`` (True).

        ``stamp`` says what the template is made of; it is the database's comment, written last.
        """
        stamp = f"{stamp}.{hashlib.sha256(self.api_key.encode()).hexdigest()[:16]}"
        if self._template_stamp() == stamp:
            return False
        self._drop_template()
        self.postgres.create_database(TEMPLATE, owner=ROLE)
        if self._dump_stamp() == stamp:
            with timed("odoo", "template database restored from its dump"):
                self.postgres.tool("pg_restore", "-d", TEMPLATE, "-j", "2", str(self.dump))
        else:
            with timed("odoo", "template database made"):
                self._make(stamp, initialise)
        self.postgres.sql(
            f"COMMENT ON DATABASE {TEMPLATE} IS :'stamp'; ALTER DATABASE {TEMPLATE} ALLOW_CONNECTIONS false;",
            stamp=stamp,
        )
        return True

    def clone(self, name: str, source: str = TEMPLATE) -> None:
        """Make ``name`` a fresh copy of the template or of another clone, replacing what was there.

        PostgreSQL copies only what nobody is connected to, so a clone that is copied takes no more connections.
        """
        self.drop(name)
        self.postgres.sql(f'ALTER DATABASE "{source}" ALLOW_CONNECTIONS false')
        self.postgres.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :'name'", name=source)
        self.postgres.create_database(name, template=source, owner=ROLE)
        shutil.copytree(self.filestore / source, self.filestore / name)
        # Odoo's workers may still hold models and caches of a dropped database of this name. They look at the highest
        # id in this table with every call and load anew when it is another; the template's own would look unchanged.
        number = str(random.randint(1_000_000, 1_000_000_000))
        self.postgres.sql(
            "INSERT INTO orm_signaling_registry (id) VALUES (:'number'); "
            "SELECT setval(pg_get_serial_sequence('orm_signaling_registry', 'id'), :'number')",
            name,
            number=number,
        )

    def drop(self, name: str) -> None:
        """Drop a clone with its file store, if it is there."""
        if name == TEMPLATE:
            raise DevError(f"{TEMPLATE} is what clones are made from", hint="to make it anew: purge, then up")
        self.postgres.drop_database(name)
        shutil.rmtree(self.filestore / name, ignore_errors=True)

    def _make(self, stamp: str, initialise: Callable[[str], None]) -> None:
        shutil.rmtree(self.filestore / TEMPLATE, ignore_errors=True)
        initialise(TEMPLATE)
        self.postgres.sql(
            "INSERT INTO res_users_apikeys (name, user_id, scope, expiration_date, index, key) VALUES "
            "('development and tests', :'user', NULL, NULL, :'index', :'hash')",
            TEMPLATE,
            user=str(ADMIN_USER_ID),
            index=self.api_key[:8],
            hash=key_hash(self.api_key),
        )
        self._stamp_file().unlink(missing_ok=True)
        self.postgres.tool("pg_dump", "-Fc", "-Z", "3", "-f", str(self.dump), TEMPLATE)
        self._stamp_file().write_text(stamp)

    def _template_stamp(self) -> str:
        if not (self.filestore / TEMPLATE).is_dir():
            return ""
        return self.postgres.sql(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = :'name'", name=TEMPLATE
        )

    def _dump_stamp(self) -> str:
        whole = self._stamp_file().is_file() and self.dump.is_file() and (self.filestore / TEMPLATE).is_dir()
        return self._stamp_file().read_text() if whole else ""

    def _stamp_file(self) -> Path:
        return self.dump.with_suffix(".stamp")

    def _drop_template(self) -> None:
        if self.postgres.has_database(TEMPLATE):
            self.postgres.drop_database(TEMPLATE)


def key_hash(key: str, salt: bytes | None = None) -> str:
    """An API key as Odoo stores it: PBKDF2-SHA512 in passlib's modular crypt format."""
    salt = os.urandom(16) if salt is None else salt
    digest = hashlib.pbkdf2_hmac("sha512", key.encode(), salt, KEY_ROUNDS)
    return f"$pbkdf2-sha512${KEY_ROUNDS}${_ab64(salt)}${_ab64(digest)}"


def _ab64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=").replace("+", ".")
