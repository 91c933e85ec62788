"""Which entry of apt's sources Odoo's package is taken from."""

from __future__ import annotations

from ops.dev.odoo_archive import parse_deb822, parse_one_line, release_source, render

DEB822 = """\
# written by the installer
Types: deb deb-src
# an archive near us
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEY
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""


def test_deb822_stanzas_keep_their_continuation_lines_and_lose_their_comments() -> None:
    first, second = parse_deb822(DEB822)

    assert first["Uris"] == "http://mirror.example/debian"
    assert first["Signed-By"].splitlines()[1:3] == [" -----BEGIN PGP PUBLIC KEY BLOCK-----", " ."]
    assert second["Suites"] == "bookworm-security"


def test_a_rendered_source_reads_back_with_only_the_suite_changed() -> None:
    first = parse_deb822(DEB822)[0]

    (again,) = parse_deb822(render(first, "sid"))

    assert again == first | {"Types": "deb", "Suites": "sid", "Components": "main"}


def test_one_line_entries_carry_their_options_over() -> None:
    text = (
        "# deb http://old.example/debian bookworm main\n"
        "deb [signed-by=/key.gpg arch=amd64 lang=none] http://mirror.example/debian bookworm main contrib # near\n"
        "deb-src http://mirror.example/debian bookworm main\n"
        "deb http://mirror.example/debian trixie main\n"
    )

    sources = parse_one_line(text)

    assert sources[0] == {
        "Types": "deb",
        "Uris": "http://mirror.example/debian",
        "Suites": "bookworm",
        "Components": "main contrib",
        "Signed-By": "/key.gpg",
        "Architectures": "amd64",
    }
    assert [source["Types"] for source in sources] == ["deb", "deb-src", "deb"]


def test_the_release_is_not_taken_from_security_third_parties_or_what_is_switched_off() -> None:
    wanted = {"Types": "deb", "Uris": "http://mirror.example/debian", "Suites": "bookworm", "Components": "main"}
    others = [
        wanted | {"Suites": "bookworm-security"},
        wanted | {"Uris": "http://tools.example/linux/debian", "Components": "stable"},
        wanted | {"Types": "deb-src"},
        wanted | {"Enabled": "no"},
        wanted | {"Suites": "nodistro"},
    ]

    assert release_source([*others, wanted], "bookworm") is wanted
    assert release_source(others, "bookworm") is None
