"""Whether a lane's worker is alive: ``python -m workers.health <lane>`` ends with 0 when it is, else with 1 and why.

For container health checks and systemd, on the host of the worker. Alive is who has heard a bell within a minute; the
relay rings in idle lanes too. Where nobody rings the worker is asked through the broker. Gives up by itself when
anything hangs.
"""

from __future__ import annotations

import signal
import sys

import sqlalchemy as sa

from app import ids, settings
from app.errors import Misconfigured, WardlineError
from app.ledger.database import Database
from app.ledger.pulses import Pulses
from app.model.channel import LANES
from app.policy.pulse import Life, life
from workers.broker import BrokerUnavailable
from workers.celery import celery
from workers.task import worker_name

DEADLINE_SECONDS = 12
REPLY_SECONDS = 3.0


def fault(lane: str) -> str | None:
    """What is wrong with the lane's worker on this host, or None."""
    try:
        judged = _judge(lane)
        answers = judged == "alive" or (judged == "unknown" and _answers(worker_name(lane)))
    except WardlineError as error:
        return f"{error.code}: {error.message}"
    if judged == "deaf":
        return f"the worker of {lane} hears none of the bells that are rung for it"
    return None if answers else f"the worker of {lane} does not answer"


def _judge(lane: str) -> Life:
    """What the ledger says of the worker. Raises LedgerUnavailable."""
    database, pulses = Database(settings.load().database_url), Pulses()
    database.keep_time()
    try:
        with database.reading() as tx:
            if not sa.inspect(tx).has_table("pulse"):
                return "unknown"
            return life(ids.now(), None, pulses.last(tx, worker_name(lane)), pulses.rung(tx, lane))
    finally:
        database.close()


def _answers(worker: str) -> bool:
    """Whether the worker answers a ping. Raises BrokerUnavailable."""
    try:
        return bool(celery.control.ping(destination=[worker], timeout=REPLY_SECONDS, limit=1))
    except Misconfigured:
        raise
    except Exception as error:
        # The transports have no common family of errors.
        raise BrokerUnavailable from error


def main(arguments: list[str]) -> int:
    """Say what is wrong; 0 where nothing is."""
    if len(arguments) != 1 or arguments[0] not in LANES:
        sys.stderr.write(f"usage: python -m workers.health {'|'.join(LANES)}\n")
        return 2
    # The default action of the signal ends the process: a broker that hangs must not hang us.
    signal.alarm(DEADLINE_SECONDS)
    found = fault(arguments[0])
    sys.stderr.write(f"{found}\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
