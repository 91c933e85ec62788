"""What is kept of Odoo's package, and what makes it be prepared anew."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from ops.dev.errors import DevError
from ops.dev.odoo_package import REQUIREMENTS, OdooPackage, closure, prune


def addon(addons: Path, name: str, category: str, depends: list[str], code: str = "") -> None:
    folder = addons / name
    folder.mkdir()
    (folder / "__init__.py").write_text(code)
    (folder / "__manifest__.py").write_text(repr({"name": name, "category": category, "depends": depends}))


@pytest.fixture
def addons(tmp_path: Path) -> Path:
    addon(tmp_path, "base", "Hidden", [])
    addon(tmp_path, "stock", "Supply Chain", ["product"])
    addon(tmp_path, "product", "Sales", [], "from odoo.addons.web.controllers import main\n")
    addon(tmp_path, "web", "Hidden", [])
    addon(tmp_path, "website", "Website", ["web"])
    addon(tmp_path, "website_blog", "Website", ["website"])
    addon(tmp_path, "crm", "Sales/CRM", [])
    return tmp_path


def test_prune_keeps_wanted_needed_and_imported_modules(addons: Path) -> None:
    prune(addons, ("stock",))

    names = {path.name for path in addons.iterdir() if not path.name.startswith("zz_")}
    assert names == {"base", "stock", "product", "web"}


def test_prune_leaves_one_uninstallable_module_for_each_category_that_went(addons: Path) -> None:
    prune(addons, ("stock",))

    manifests = [ast.literal_eval((stub / "__manifest__.py").read_text()) for stub in sorted(addons.glob("zz_*"))]
    assert [manifest["category"] for manifest in manifests] == ["Sales/CRM", "Website"]
    assert not any(manifest["installable"] for manifest in manifests)


def test_closure_follows_dependencies_and_stands_circles() -> None:
    depends = {"a": ["b"], "b": ["c", "a"], "c": [], "d": []}

    assert closure(("a",), depends) == {"a", "b", "c"}


def test_a_module_the_package_lacks_is_named() -> None:
    with pytest.raises(DevError, match="no module rpc"):
        closure(("rpc",), {"base": []})


def test_an_interrupted_or_outdated_half_is_not_ready(tmp_path: Path) -> None:
    package = OdooPackage(tmp_path)
    package.root.mkdir()
    package.venv.mkdir()
    assert not package.is_ready()

    (package.root / ".stamp").write_text(package.root_stamp())
    (package.venv / ".stamp").write_text("of yesterday")
    assert not package.is_ready()

    (package.venv / ".stamp").write_text(package.venv_stamp())
    assert package.is_ready()
    assert not OdooPackage(tmp_path, deb=tmp_path / "other.deb").is_ready()


def test_every_requirement_is_pinned() -> None:
    lines = REQUIREMENTS.read_text().splitlines()

    assert lines
    assert all(line.count("==") == 1 for line in lines)
