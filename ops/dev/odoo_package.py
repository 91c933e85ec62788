"""Odoo's program on disk: the package unpacked and pruned to the modules in use, and its Python environment.

Called by ``ops.dev.odoo``. Each half ends with a stamp, so that an interrupted or outdated one is made anew.
"""

from __future__ import annotations

import ast
import hashlib
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ops.dev import debian, odoo_archive
from ops.dev.errors import DevError
from ops.dev.report import timed

MODULES = (
    "rpc", "api_doc", "purchase_stock", "purchase_requisition_stock", "product_expiry", "account_add_gln", "stock_sms",
    "base_automation", "base_import_module",
)  # fmt: skip
# Debian's own Python keeps what venv needs in a package apart.
PROGRAMS = (debian.PYTHON_VENV,) if sys.base_prefix == "/usr" else ()
REQUIREMENTS = Path(__file__).with_name("odoo_requirements.txt")
# Translations, tests and browser code are four fifths of the package, and the tests speak to the API only.
UNWANTED = (
    "*/i18n", "*/i18n_extra", "*/odoo/addons/*/tests", "*/static/lib", "*/static/tests", "*/static/src/*.js",
    "*/static/src/*.scss", "*/static/src/*.css", "*/static/src/*.xml", "./usr/lib/python3/dist-packages/addons",
    "./usr/share", "./etc",
)  # fmt: skip


class OdooPackage:
    """The unpacked package and the virtual environment below one folder."""

    def __init__(self, folder: Path, deb: Path | None = None) -> None:
        self.folder = folder
        self.deb = deb
        self.root = folder / "root"
        self.venv = folder / "venv"
        self.code = self.root / "usr/lib/python3/dist-packages"
        self.addons = self.code / "odoo/addons"

    @property
    def argv(self) -> list[str]:
        """The words that start ``odoo``."""
        return [str(self.venv / "bin/python"), str(self.root / "usr/bin/odoo")]

    def root_stamp(self) -> str:
        """What the unpacked code depends on."""
        return _digest(odoo_archive.PACKAGE, str(self.deb), *MODULES, *UNWANTED)

    def venv_stamp(self) -> str:
        """What the Python environment depends on."""
        return _digest(REQUIREMENTS.read_text(), sys.version, sys.base_prefix)

    def is_ready(self) -> bool:
        """Are both halves there, whole and of today?"""
        return _stamped(self.root, self.root_stamp()) and _stamped(self.venv, self.venv_stamp())

    def prepare(self) -> None:
        """Make what is missing; the two halves side by side, since one waits for the network and one for the disk."""
        with ThreadPoolExecutor(2) as pool:
            for half in [pool.submit(self._prepare_root), pool.submit(self._prepare_venv)]:
                half.result()

    def _prepare_root(self) -> None:
        if _stamped(self.root, self.root_stamp()):
            return
        deb = self.deb
        if deb is None:
            with timed("odoo", f"{odoo_archive.PACKAGE} downloaded"):
                deb = odoo_archive.download(self.folder)
        with timed("odoo", "unpacked and pruned"):
            shutil.rmtree(self.root, ignore_errors=True)
            self.root.mkdir()
            _unpack(deb, self.root)
            prune(self.addons, MODULES)
            (self.root / ".stamp").write_text(self.root_stamp())
        if self.deb is None:
            deb.unlink()

    def _prepare_venv(self) -> None:
        if _stamped(self.venv, self.venv_stamp()):
            return
        with timed("odoo", "Python environment made"):
            shutil.rmtree(self.venv, ignore_errors=True)
            _run([sys.executable, "-m", "venv", str(self.venv)], "python -m venv")
            pip = [str(self.venv / "bin/python"), "-m", "pip", "-q", "--disable-pip-version-check", "install"]
            _run([*pip, "--no-deps", "--no-compile", "-r", str(REQUIREMENTS)], "pip install")
            (self.venv / ".stamp").write_text(self.venv_stamp())


def prune(addons: Path, wanted: tuple[str, ...]) -> None:
    """Keep the wanted modules, those they depend on, and those whose Python code they import; remove the others.

    The categories of removed modules stay as empty, uninstallable modules, because base's own data refers to them.
    """
    present = {path.parent.name: _manifest(path) for path in addons.glob("*/__manifest__.py")}
    installed = closure(wanted, {name: _depends(name, manifest) for name, manifest in present.items()})
    kept = installed | {name for module in installed for name in _imports(addons / module)}
    categories = {str(present[name].get("category", "Uncategorized")) for name in present.keys() - kept}
    for name in present.keys() - kept:
        shutil.rmtree(addons / name)
    for number, category in enumerate(sorted(categories)):
        stub = addons / f"zz_category_{number}"
        stub.mkdir()
        (stub / "__init__.py").touch()
        manifest = {"name": stub.name, "category": category, "installable": False, "author": "-", "license": "LGPL-3"}
        (stub / "__manifest__.py").write_text(repr(manifest))


def closure(wanted: tuple[str, ...], depends: dict[str, list[str]]) -> set[str]:
    """The wanted modules with everything they depend on.

    Raises DevError when a module is not in the package.
    """
    found: set[str] = set()
    open_ = list(wanted)
    while open_:
        name = open_.pop()
        if name not in depends:
            raise DevError(f"the Odoo package has no module {name}", hint="is it a package of Odoo 19 Community?")
        if name not in found:
            found.add(name)
            open_ += depends[name]
    return found


def _manifest(path: Path) -> dict[str, object]:
    content: dict[str, object] = ast.literal_eval(path.read_text())
    return content


def _depends(name: str, manifest: dict[str, object]) -> list[str]:
    depends = manifest.get("depends", [])
    assert isinstance(depends, list)
    return [*depends, *([] if name == "base" else ["base"])]


def _imports(module: Path) -> set[str]:
    return {name for path in module.rglob("*.py") for name in re.findall(r"odoo\.addons\.(\w+)", path.read_text())}


def _unpack(deb: Path, root: Path) -> None:
    unpack = ["tar", "-x", "-C", str(root), "--no-same-owner", *(f"--exclude={pattern}" for pattern in UNWANTED)]
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE) as source:
        result = subprocess.run(unpack, stdin=source.stdout, capture_output=True, text=True, check=False)
    if source.returncode != 0 or result.returncode != 0:
        raise DevError(f"{deb} cannot be unpacked: {result.stderr.strip()}", hint="is the disk full? then run again")


def _run(argv: list[str], what: str) -> None:
    # settings of the caller's own environment must not lead pip or venv elsewhere
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    result = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        words = (result.stderr or result.stdout).strip()
        raise DevError(f"{what} failed: {words[-2000:]}", hint="is the package index of pip's settings reachable?")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _stamped(folder: Path, stamp: str) -> bool:
    path = folder / ".stamp"
    return path.is_file() and path.read_text() == stamp
