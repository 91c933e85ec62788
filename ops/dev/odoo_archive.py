"""Odoo 19's Debian package, downloaded from the archive this machine already uses, without touching its apt.

Called by ``ops.dev.odoo_package``. The entry of the machine's own release is read and only its suite changes; lists,
cache and configuration of the system are neither read for that suite nor written.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from ops.dev.errors import DevError

SUITE = "sid"
PACKAGE = "odoo-19"
Source = dict[str, str]
"""One entry of apt's sources: field of deb822 format -> value."""
_OPTIONS = {"signed-by": "Signed-By", "arch": "Architectures", "trusted": "Trusted"}


def parse_deb822(text: str) -> list[Source]:
    """Read a ``.sources`` file (sources.list(5), "deb822-style format"); values keep their continuation lines."""
    sources = []
    for stanza in re.split(r"\n[ \t]*\n", text):
        lines = [line for line in stanza.splitlines() if line.strip() and not line.startswith("#")]
        fields = re.findall(r"^([^\s:]+):[ \t]*(.*(?:\n[ \t].*)*)$", "\n".join(lines), re.MULTILINE)
        if fields:
            sources.append({name.title(): value for name, value in fields})
    return sources


def parse_one_line(text: str) -> list[Source]:
    """Read a ``.list`` file (sources.list(5), "one-line-style format") into the same fields."""
    sources = []
    for line in text.splitlines():
        match = re.match(r"(deb|deb-src)\s+(?:\[([^]]*)]\s+)?(\S+)\s+(\S+)\s*([^#]*)", line.strip())
        if match:
            types, options, uri, suite, components = match.groups()
            source = {"Types": types, "Uris": uri, "Suites": suite, "Components": components.strip()}
            given = dict(option.split("=", 1) for option in (options or "").split() if "=" in option)
            sources.append(source | {_OPTIONS[name]: value for name, value in given.items() if name in _OPTIONS})
    return sources


def release_source(sources: list[Source], codename: str) -> Source | None:
    """The first entry that brings this machine's own Debian release; not its security archive, not a third party's."""
    for source in sources:
        if (
            "deb" in source.get("Types", "").split()
            and source.get("Enabled", "yes").lower() != "no"
            and {codename, "stable"} & set(source.get("Suites", "").split())
            and "main" in source.get("Components", "").split()
        ):
            return source
    return None


def render(source: Source, suite: str) -> str:
    """The same archive with another suite, packages only, component main, in deb822 format."""
    changed = source | {"Types": "deb", "Suites": suite, "Components": "main"}
    return "".join(f"{name}: {value}\n" for name, value in changed.items())


def download(folder: Path) -> Path:
    """Fetch the package into ``folder`` and return it.

    Raises DevError when the machine is no Debian, or its archive cannot be reached.
    """
    apt = folder / "apt"
    shutil.rmtree(apt, ignore_errors=True)
    for part in ("lists/partial", "cache/archives/partial", "parts"):
        (apt / part).mkdir(parents=True)
    (apt / "odoo.sources").write_text(render(_machine_source(), SUITE))
    _apt_get(apt, "update")
    _apt_get(apt, "download", PACKAGE)
    deb = next(apt.glob(f"{PACKAGE}_*.deb")).replace(folder / f"{PACKAGE}.deb")
    shutil.rmtree(apt)
    return deb


def _machine_source() -> Source:
    apt, release = Path("/etc/apt"), Path("/etc/os-release").read_text()
    codename = re.search(r"^VERSION_CODENAME=(\w+)", release, re.MULTILINE)
    sources: list[Source] = []
    for path in sorted(apt.glob("sources.list.d/*.sources")):
        sources += parse_deb822(path.read_text())
    for path in (apt / "sources.list", *sorted(apt.glob("sources.list.d/*.list"))):
        sources += parse_one_line(path.read_text()) if path.is_file() else []
    found = release_source(sources, codename.group(1) if codename else SUITE)
    if found is None or not re.search(r"^ID=\"?debian\"?$", release, re.MULTILINE):
        raise DevError(
            f"found no Debian archive in {apt} to take {PACKAGE} from",
            hint=f"set WARDLINE_DEV_ODOO_DEB to a downloaded {PACKAGE} package, or WARDLINE_TEST_ODOO_URL to a server",
        )
    return found


def _apt_get(apt: Path, *arguments: str) -> None:
    options = {
        "Dir::Etc::SourceList": f"{apt}/odoo.sources", "Dir::Etc::SourceParts": f"{apt}/parts",
        "Dir::Etc::Preferences": "/dev/null", "Dir::Etc::PreferencesParts": f"{apt}/parts",
        "Dir::State::Lists": f"{apt}/lists", "Dir::Cache": f"{apt}/cache", "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "", "Acquire::Languages": "none", "Acquire::PDiffs": "false",
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false", "Acquire::Retries": "3",
        "APT::Sandbox::User": "root", "Debug::NoLocking": "true",
    }  # fmt: skip
    argv = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items()), *arguments]
    result = subprocess.run(argv, cwd=apt, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        words = result.stderr.strip()
        raise DevError(f"apt-get {arguments[0]} failed: {words}", hint="is the Debian archive reachable?")
