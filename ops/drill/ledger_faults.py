"""Faults of PostgreSQL: connections ended or refused, a lock, a restart, a full disk.

Listed in ``ops.drill.drills``.
"""

from __future__ import annotations

import signal
import time
from contextlib import ExitStack, closing

import psycopg

from ops.drill.scene import Scene

_FULL = """
CREATE FUNCTION drill_disk_full() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
DO $$ DECLARE one text; BEGIN
  FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('CREATE TRIGGER drill_disk_full BEFORE INSERT OR UPDATE ON %I
                    FOR EACH STATEMENT EXECUTE FUNCTION drill_disk_full()', one);
  END LOOP;
END $$"""
_ROOM = "DROP FUNCTION drill_disk_full CASCADE"


def ledger_cut(scene: Scene) -> None:
    """All connections to the ledger's database end, again and again, as when PostgreSQL restarts."""
    ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :'name' AND pid <> pg_backend_pid()"
    until = time.monotonic() + scene.seconds
    while time.monotonic() < until:
        scene.stack.postgres.sql(ours, name=scene.database)
        time.sleep(1.5)


def ledger_closed(scene: Scene) -> None:
    """PostgreSQL takes no connection and ends those there are: the ledger is down."""
    scene.stack.postgres.sql(f'ALTER DATABASE "{scene.database}" ALLOW_CONNECTIONS false')
    try:
        ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :'name'"
        scene.stack.postgres.sql(ours, name=scene.database)
        time.sleep(scene.seconds)
    finally:
        scene.stack.postgres.sql(f'ALTER DATABASE "{scene.database}" ALLOW_CONNECTIONS true')


def ledger_locked(scene: Scene) -> None:
    """Somebody holds a lock on the work table, as a careless migration does."""
    scene.sql(f"BEGIN; LOCK TABLE work IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep({scene.seconds}); COMMIT")


def restarted(scene: Scene) -> None:
    """PostgreSQL is ended as by a power cut, and comes back after its recovery."""
    scene.stack.postgres.process.send(signal.SIGQUIT)
    scene.wait(0.5)
    scene.stack.postgres.up_private()


def connections_taken(scene: Scene) -> None:
    """Another program takes every connection that PostgreSQL gives: ours end, and there are no new ones."""
    until = time.monotonic() + scene.seconds
    ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> ALL(%s)"
    with ExitStack() as taken:
        held = [taken.enter_context(closing(_connected(scene)))]
        while time.monotonic() < until:
            held[0].execute(ours, (scene.database, [one.info.backend_pid for one in held]))
            try:
                while True:
                    held.append(taken.enter_context(closing(_connected(scene))))
            except psycopg.OperationalError:
                time.sleep(0.2)


def _connected(scene: Scene) -> psycopg.Connection:
    return psycopg.connect(scene.stack.postgres.url, autocommit=True, connect_timeout=5)


def disk_full(scene: Scene) -> None:
    """Every write into the ledger is refused with PostgreSQL's own error for a full disk (53100); reads go on.

    A disk that is really full needs a file system of the drill's own, hence the rights of root.
    """
    scene.sql(_FULL)
    scene.wait()
    scene.sql(_ROOM)
