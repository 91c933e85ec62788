"""Writes the reference page of settings from the settings themselves: ``python -m ops.reference``.

Run by developers after a setting changed; a house test compares the page with what this would write.
"""

from __future__ import annotations

import sys
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from app.settings import PREFIX, SECRETS, Settings

PAGE = Path(__file__).parent / "docs" / "settings.md"


def page() -> str:
    """The page in Markdown."""
    rows = "\n".join(_row(setting) for setting in fields(Settings))
    return f"""# Settings

Every setting is an environment variable, read once at start; all faults are named together. A value may be given as a
file: `WARDLINE_PEPPER_FILE=/run/secrets/pepper`. `wardline doctor` prints what is in effect, secrets masked.
`WARDLINE_PEPPER` and `WARDLINE_BODY_KEYS` have no default; keep both for as long as the ledger lives:

```
echo "WARDLINE_PEPPER=$(openssl rand -hex 32)" >> .env
echo "WARDLINE_BODY_KEYS=k1:$(openssl rand -base64 32)" >> .env
```

| variable | default | meaning |
|---|---|---|
{rows}
"""


def _row(setting: Field[Any]) -> str:
    default = f"`{setting.default}`" if setting.default != "" else ""
    secret = " Secret." if setting.name in SECRETS else ""
    return f"| `{PREFIX}{setting.name.upper()}` | {default} | {setting.metadata['text']}{secret} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
