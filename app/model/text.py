"""Two kinds of text: codes, which people search for, and prose, which only people read.

Used in the annotations of the canonical documents; ``app.model.derived`` makes the rules of each from them.
"""

from __future__ import annotations

from typing import Annotated

MAX_PROSE = 4_000
"""Characters in a text for people; what is longer is cut by nobody but refused."""

PROSE = "prose"
Prose = Annotated[str, PROSE]
"""Text for people: names, descriptions, notes. Line ends and any printable character are allowed."""
