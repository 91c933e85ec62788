"""The ratios of a run as a picture: one bar for each, with its spread and what the last run had.

Written beside the JSON by ``ops.bench.__main__``. Plain SVG, readable in light and in dark.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from xml.sax.saxutils import escape

from ops.bench.earlier import Key, key_of
from ops.bench.measures import Line

WIDTH, LEFT, RIGHT, ROW, TITLE = 960, 400, 90, 22, 34
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1b1f24 } .title { font-weight: 600 } .faint { fill: #667 }
  .bar { fill: #2f6f9f } .spread { stroke: #1b1f24; stroke-width: 1.5 } .one { stroke: #99a; stroke-dasharray: 3 3 }
  .last { fill: none; stroke: #c76b1f; stroke-width: 2 } .ground { fill: #fff }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #15181c } text { fill: #e6e8ea } .faint { fill: #99a } .bar { fill: #5fa3d6 }
    .spread { stroke: #e6e8ea }
  }
"""


def svg(lines: Sequence[Line], last: Mapping[Key, float], title: str) -> str:
    """The picture of all lines that have a ratio; ``last`` are the ratios of an earlier run, shown as outlines."""
    compared = [line for line in lines if line.ratio]
    figures = [(name, list(of_figure)) for name, of_figure in groupby(compared, lambda line: line.figure)]
    height = TITLE + 20 + sum(TITLE + ROW * len(of_figure) for _, of_figure in figures)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<rect class="ground" width="{WIDTH}" height="{height}"/>',
        f'<text class="faint" x="12" y="22">{escape(title)}; outlined: the run before</text>',
    ]
    top = TITLE
    for name, of_figure in figures:
        parts += _figure(name, of_figure, last, top)
        top += TITLE + ROW * len(of_figure)
    return "\n".join([*parts, "</svg>\n"])


def _figure(name: str, lines: Sequence[Line], last: Mapping[Key, float], top: int) -> Iterator[str]:
    most = max(max((line.ratio or 0, *line.ratios, last.get(key_of(line), 0))) for line in lines)
    scale = (WIDTH - LEFT - RIGHT) / max(most, 1.0)
    bottom = top + TITLE + ROW * len(lines)
    yield f'<text class="title" x="12" y="{top + 22}">{escape(name)}</text>'
    one = LEFT + scale
    yield f'<line class="one" x1="{one:.1f}" x2="{one:.1f}" y1="{top + 26}" y2="{bottom - 4}"/>'
    for place, line in enumerate(lines):
        yield from _bar(line, last.get(key_of(line)), top + TITLE + ROW * place, scale)


def _bar(line: Line, before: float | None, y: int, scale: float) -> Iterator[str]:
    ratio = line.ratio or 0.0
    yield f'<text x="{LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(line.subject)}</text>'
    yield f'<rect class="bar" x="{LEFT}" y="{y}" width="{ratio * scale:.1f}" height="14" rx="2"/>'
    if len(line.ratios) > 1:
        low, high = (LEFT + bound * scale for bound in (min(line.ratios), max(line.ratios)))
        yield f'<line class="spread" x1="{low:.1f}" x2="{high:.1f}" y1="{y + 7}" y2="{y + 7}"/>'
    if before is not None and math.isfinite(before):
        yield f'<rect class="last" x="{LEFT}" y="{y - 1}" width="{before * scale:.1f}" height="16" rx="2"/>'
    end = LEFT + max(ratio, before or 0.0, *line.ratios) * scale + 6
    yield f'<text x="{end:.1f}" y="{y + 12}">{ratio:#.3g}</text>'
