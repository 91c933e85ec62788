"""The picture of a run, and the comparison with the run before."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from xml.etree import ElementTree as ET

from ops.bench import earlier, picture
from ops.bench.measures import Line

LINES = [
    Line("1 posting", "batches of 1", "events/s", 4.7, (4.7,)),
    Line("1 posting", "batches of 50 & more", "events/s", 38.9, (38.0, 40.0), "batches of 1", 8.7, (8.5, 9.1)),
    Line("2 intake", "8 senders", "messages/s", 210.0, (210.0,), "a bare endpoint", 0.25, (0.25,)),
]


def bars(text: str) -> list[float]:
    root = ET.fromstring(text)
    return [
        float(node.get("width", "0"))
        for node in root.iter("{http://www.w3.org/2000/svg}rect")
        if node.get("class") == "bar"
    ]


def test_every_ratio_has_a_bar_and_its_words_are_escaped() -> None:
    text = picture.svg(LINES, {}, "a run")
    assert len(bars(text)) == 2
    assert "batches of 50 &amp; more" in text
    assert 'class="last"' not in text


def test_bars_of_one_figure_are_to_one_scale() -> None:
    wider = Line("1 posting", "mix", "events/s", 94.0, (94.0,), "batches of 1", 17.4, (17.4,))
    narrow, wide = bars(picture.svg([*LINES[:2], wider], {}, "a run"))
    assert abs(wide / narrow - 2) < 0.01


def test_the_newest_earlier_ratio_counts_and_strange_files_do_not(tmp_path: Path) -> None:
    for name, ratio in (("20260101T000000Z", 8.0), ("20260102T000000Z", 10.0)):
        rows = [asdict(line) | ({"ratio": ratio} if line.ratio else {}) for line in LINES[:2]]
        (tmp_path / f"{name}.json").write_text(json.dumps({"format": 1, "lines": rows}))
    (tmp_path / "20260103T000000Z.json").write_text('{"format": 1, "lines": [')
    (tmp_path / "20260104T000000Z.json").write_text('{"format": 99, "lines": []}')
    before = earlier.last(tmp_path, 1)
    assert before == {("1 posting", "batches of 50 & more", "batches of 1"): 10.0}
    assert [earlier.change(line, before) for line in LINES] == [None, "-13 %", None]
    assert 'class="last"' in picture.svg(LINES, before, "a run")
