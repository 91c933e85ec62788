"""Settings: all faults at once, secrets from files and never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import channels, settings
from app.errors import Misconfigured
from app.standards.tabular.options import TabularOptions
from tests import factories

GOOD = {"WARDLINE_PEPPER": factories.PEPPER, "WARDLINE_BODY_KEYS": factories.BODY_KEY}


COUNTS = """
standard = "tabular"
facility = "GEN"
[channels.counts.options]
kind = "inventory_report"
delimiter = "\\t"
decimal_mark = ","
[[channels.counts.options.columns]]
field = "lines.quantity.value"
position = 3
[[channels.counts.options.columns]]
field = "lines.activity"
name = "What"
values = { C = "on_hand" }
"""


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch):
    def put(**changes: str) -> None:
        for name, value in (GOOD | changes).items():
            monkeypatch.setenv(name, value)

    return put


def test_the_embedded_default_needs_only_secrets(environment) -> None:
    environment()
    assert settings.load().database_url.startswith("sqlite:")


def test_every_fault_is_named_at_once(environment) -> None:
    environment(WARDLINE_BODY_LIMIT="much", WARDLINE_LEASE_SECONDS="-1")
    with pytest.raises(Misconfigured) as error:
        settings.load()
    assert "WARDLINE_BODY_LIMIT" in error.value.message
    assert "WARDLINE_LEASE_SECONDS" in error.value.message


@pytest.mark.parametrize("change", [
    {"WARDLINE_PEPPER": "short"}, {"WARDLINE_BODY_KEYS": ""}, {"WARDLINE_BODY_KEYS": "k1:c2hvcnQ="},
    {"WARDLINE_BODY_KEYS": "k1:not base64"}, {"WARDLINE_LOG_FORMAT": "xml"},
])  # fmt: skip
def test_a_weak_secret_or_a_wrong_word_is_refused_by_name(environment, change: dict[str, str]) -> None:
    environment(**change)
    with pytest.raises(Misconfigured, match=next(iter(change))):
        settings.load()


def test_a_secret_may_come_from_a_file_and_is_never_shown(environment, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-a-file")
    environment(WARDLINE_ODOO_API_KEY_FILE=str(tmp_path / "key"))
    loaded = settings.load()
    assert loaded.odoo_api_key == "from-a-file"
    shown = str(loaded.masked())
    assert not any(secret in shown for secret in ("from-a-file", factories.PEPPER, factories.BODY_KEY))


class TestChannels:
    def load(self, tmp_path: Path, text: str):
        (tmp_path / "channels.toml").write_text(text)
        return channels.load(str(tmp_path / "channels.toml"))

    def test_the_demos_channels_are_valid(self) -> None:
        loaded = channels.load("ops/demo/channels.toml")
        assert loaded["cathlab-hl7"].mllp_port == 2575
        assert str(loaded["cathlab-hl7"].time_zone) == "Europe/Berlin"

    @pytest.mark.parametrize("text", [
        'standard = "morse"\nfacility = "GEN"',
        'standard = "hl7v2"',
        'standard = "hl7v2"\nfacility = "GEN"\nlane = "fast"',
        'standard = "hl7v2"\nfacility = "GEN"\ntime_zone = "Mars/Base"',
        'standard = "hl7v2"\nfacility = "GEN"\ncolour = 1',
        'standard = "hl7v2"\nfacility = "GEN"\nmllp_port = 99999',
    ])  # fmt: skip
    def test_a_faulty_channel_is_named(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(Misconfigured, match="ward-7"):
            self.load(tmp_path, f"[channels.ward-7]\n{text}\n")

    def test_a_file_that_is_none_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(Misconfigured):
            self.load(tmp_path, "= = =")
        with pytest.raises(Misconfigured):
            channels.load(str(tmp_path / "nowhere.toml"))

    def test_options_are_in_the_form_of_the_standard(self, tmp_path: Path) -> None:
        loaded = self.load(tmp_path, f"[channels.counts]\n{COUNTS}")["counts"].options
        assert isinstance(loaded, TabularOptions)
        assert (loaded.columns[0].position, loaded.columns[1].values, loaded.delimiter) == (3, {"C": "on_hand"}, "\t")

    @pytest.mark.parametrize(("good", "bad", "place"), [
        ('kind = "inventory_report"', 'kind = "stocktaking"', "kind"),
        ('"lines.activity"', '"lines.colour"', "lines.colour"),
        ("position = 3", 'position = "C"', "position"),
        ('decimal_mark = ","', 'decimal_mark = ";"', "decimal_mark"),
        ('decimal_mark = ","', 'decimal_point = ","', "decimal_point"),
    ])  # fmt: skip
    def test_a_fault_in_options_is_named_with_its_channel_and_place(
        self, tmp_path: Path, good: str, bad: str, place: str
    ) -> None:
        assert good in COUNTS
        with pytest.raises(Misconfigured, match=rf"counts: .*options.*{place}"):
            self.load(tmp_path, f"[channels.counts]\n{COUNTS.replace(good, bad)}")

    def test_a_port_serves_one_channel(self, tmp_path: Path) -> None:
        one = '[channels.{}]\nstandard = "hl7v2"\nfacility = "GEN"\nmllp_port = 2575\n'
        with pytest.raises(Misconfigured, match="twice"):
            self.load(tmp_path, one.format("a") + one.format("b"))
