"""Starts the Odoo stand-in: ``python -m ops.simulators.odoo --port 8069``.

Run by ``make demo`` and by people who have five minutes; whoever has ten takes the real Odoo.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from ops.simulators.odoo_standin.server import StandIn


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; prints the URL once it answers."""
    options = _parser().parse_args(arguments)
    standin = StandIn(
        port=options.port,
        database=options.name,
        api_key=None if options.any_key else options.api_key,
        path=options.database,
    )
    sys.stdout.write(f"{standin.url}\n")
    sys.stdout.flush()
    try:
        standin.serve()
    except KeyboardInterrupt:
        standin.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ops.simulators.odoo", description="A small stand-in for Odoo 19.")
    parser.add_argument("--port", type=int, default=0, help="port on loopback; 0 takes a free one")
    parser.add_argument("--database", default=":memory:", metavar="FILE", help="SQLite file; in memory unless given")
    parser.add_argument("--name", default="standin", help="the name by which clients ask for the database")
    keys = parser.add_mutually_exclusive_group()
    key = os.environ.get("WARDLINE_ODOO_API_KEY", "standin")
    keys.add_argument("--api-key", default=key, help="the only key that is accepted ($WARDLINE_ODOO_API_KEY)")
    keys.add_argument("--any-key", action="store_true", help="accept every key")
    return parser


if __name__ == "__main__":
    sys.exit(main())
