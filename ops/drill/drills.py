"""The drills by name: ``wardline drill --list`` shows them, ``ops.drill.run`` runs them.

What each of them does to the fleet is in the modules of faults.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ops.drill import (
    broker_faults,
    chain_faults,
    faults,
    fleet_faults,
    ledger_faults,
    message_faults,
    odoo_faults,
    poison_faults,
    restore_faults,
    supplier_faults,
)
from ops.drill.market import ACME, BIRCH, CEDAR, READ_SECONDS
from ops.drill.scene import Drill
from ops.simulators.proxy import Trouble

_PROCESSES = {
    "nothing": Drill("no fault, for comparison", faults.nothing),
    "web-killed": Drill("web killed at random moments", partial(faults.killed, "web")),
    "relay-killed": Drill("relay killed at random moments", partial(faults.killed, "relay")),
    "urgent-killed": Drill("urgent workers killed at random moments", partial(faults.killed, "urgent")),
    "bulk-killed": Drill("bulk workers killed at random moments", partial(faults.killed, "bulk")),
    "killed-before-validation": Drill(
        "bulk workers killed after Odoo made a transfer", partial(faults.killed_in_a_call, "/stock.picking/load")
    ),
    "killed-after-validation": Drill(
        "bulk workers killed after Odoo completed a transfer", partial(faults.killed_in_a_call, "/button_validate")
    ),
    "all-killed": Drill("every process killed at once", faults.everything_killed),
    "rolling-restart": Drill("SIGTERM to one process after the other under load", faults.ended_softly),
    "sigterm": Drill(
        "SIGTERM to a worker under load, then to the one that went on",
        fleet_faults.ended_under_load,
        check=fleet_faults.handed_back,
    ),
    "clock-ahead": Drill("a worker whose clock is a day ahead works beside the others", fleet_faults.ahead),
    "release": Drill(
        "a migration under load, then one process after the other ended and started",
        fleet_faults.released,
        check=fleet_faults.always_ready,
    ),
    "restored-from-backup": Drill(
        "the ledger lost, restored from a backup; senders repeat what came since",
        restore_faults.restored,
        check=restore_faults.found_again,
    ),
}
_SENDERS = {
    "duplicates": Drill("every message sent five times", faults.nothing, copies=5),
    "duplicates-10000": Drill("one event ten thousand times", message_faults.ten_thousand_copies),
    "two-senders": Drill("two senders send the same event at one moment", message_faults.two_at_once),
    "out-of-order": Drill("what undoes an event comes before the event", message_faults.out_of_order),
}
_POISON = {
    f"poison-{name}": Drill(
        text,
        partial(poison_faults.taken, harm),
        changes={"lease_seconds": 6.0, "worker_memory": 512},
        prepare=poison_faults.prepared,
        check=partial(poison_faults.buried, harm),
    )
    for name, harm, text in (
        ("kills", "KILL", "messages that kill the worker that reads them"),
        ("loops", "LOOP", "messages whose reading never ends"),
        ("grows", "GROW", "messages whose reading takes memory without end"),
    )
}
_BROKERS = {
    "broker-cut": Drill("RabbitMQ's connections cut again and again", broker_faults.broker_cut),
    "broker-stopped": Drill("RabbitMQ stopped and started again", broker_faults.broker_stopped, own=("rabbitmq",)),
    "broker-killed": Drill("RabbitMQ killed and started again", broker_faults.broker_killed, own=("rabbitmq",)),
    "broker-frozen": Drill("RabbitMQ takes and answers nothing", broker_faults.broker_frozen, own=("rabbitmq",)),
    "broker-memory": Drill("RabbitMQ's memory alarm", broker_faults.memory_alarm, own=("rabbitmq",)),
    "broker-disk": Drill("RabbitMQ's disk alarm", broker_faults.disk_alarm, own=("rabbitmq",)),
    "queues-deleted": Drill("RabbitMQ's queues deleted by hand", broker_faults.queues_deleted),
    "redis-emptied": Drill(
        "Redis as broker, emptied again and again", broker_faults.redis_emptied, own=("redis",), broker="redis"
    ),
    "redis-lost": Drill(
        "Redis as broker, killed and back without its data", broker_faults.redis_lost, own=("redis",), broker="redis"
    ),
}
_LEDGER = {
    "ledger-cut": Drill("PostgreSQL's connections ended again and again", ledger_faults.ledger_cut),
    "ledger-down": Drill("PostgreSQL takes no connections", ledger_faults.ledger_closed),
    "ledger-locked": Drill("a lock on the table of work", ledger_faults.ledger_locked),
    "ledger-restarted": Drill("PostgreSQL crashes and recovers", ledger_faults.restarted, own=("postgres",)),
    "ledger-connections": Drill(
        "PostgreSQL has no connection left", ledger_faults.connections_taken, own=("postgres",)
    ),
    "ledger-full": Drill("PostgreSQL refuses every write for want of disk", ledger_faults.disk_full),
}
_ODOO = {
    "odoo-down": Drill("Odoo out of reach", partial(faults.troubled, Trouble("refused"))),
    "odoo-slow": Drill("Odoo answers after five seconds", partial(faults.troubled, Trouble("slow", seconds=5.0))),
    "odoo-time-outs": Drill(
        "every third answer comes too late", partial(faults.troubled, Trouble("slow", every=3, seconds=12.0))
    ),
    "odoo-bad-gateway": Drill("every third call gets 502", partial(faults.troubled, Trouble("bad_gateway", every=3))),
    "odoo-unavailable": Drill("every call gets 503", partial(faults.troubled, Trouble("unavailable"))),
    "odoo-answers-lost": Drill("every third answer is lost", partial(faults.troubled, Trouble("cut_after", every=3))),
    "odoo-calls-lost": Drill("every third call is lost", partial(faults.troubled, Trouble("cut_before", every=3))),
    "odoo-restarted": Drill("Odoo restarted in the middle of its calls", odoo_faults.stopped, own=("odoo",)),
    "odoo-killed": Drill("Odoo killed and started again", odoo_faults.killed, own=("odoo",)),
    "odoo-frozen": Drill("Odoo takes calls and does them later", odoo_faults.frozen, own=("odoo",)),
    "odoo-workers-killed": Drill(
        "Odoo's workers ended by Odoo's own time limit", odoo_faults.workers_ended, own=("odoo",)
    ),
    "odoo-upgraded": Drill("Odoo ended, a module upgraded, Odoo started", odoo_faults.upgraded, own=("odoo",)),
    "odoo-key-expired": Drill("the key expires and is prolonged", odoo_faults.key_expired),
    "odoo-key-revoked": Drill("the key is deleted, another one is set", odoo_faults.key_revoked),
    "odoo-item-archived": Drill(
        "the most used item archived and brought back; holds released by a person",
        odoo_faults.item_archived,
        mend=odoo_faults.holds_released,
    ),
    "odoo-location-archived": Drill(
        "a ward's location archived and brought back; holds released by a person",
        odoo_faults.location_archived,
        mend=odoo_faults.holds_released,
    ),
}
_TRADE = {
    "supplier-down": Drill(
        "nobody listens at a supplier's address",
        partial(supplier_faults.away, ACME),
        prepare=supplier_faults.prepared,
        check=partial(supplier_faults.delivered, ACME),
    ),
    "supplier-unavailable": Drill(
        "a supplier answers every order with 503 and asks for patience",
        partial(supplier_faults.troubled, ACME, Trouble("unavailable")),
        prepare=supplier_faults.prepared,
        check=partial(supplier_faults.delivered, ACME),
    ),
    "supplier-answers-lost": Drill(
        "a supplier takes orders and its answers are lost; a person asks it what it has",
        partial(supplier_faults.troubled, ACME, Trouble("cut_after")),
        prepare=supplier_faults.prepared,
        mend=supplier_faults.asked,
        check=partial(supplier_faults.delivered, ACME, doubted=True),
    ),
    "supplier-time-outs": Drill(
        "every other answer of a supplier that drops copies comes too late",
        partial(supplier_faults.troubled, BIRCH, Trouble("slow", every=2, seconds=2.0 * READ_SECONDS)),
        prepare=supplier_faults.prepared,
        check=partial(supplier_faults.delivered, BIRCH, copies=True),
    ),
    "chain-reordered": Drill(
        "confirmation, ship notice, receipt and invoice in every order, before and after the order they are for",
        chain_faults.reordered,
        prepare=chain_faults.prepared,
        check=chain_faults.gone_through,
    ),
    "chain-restored": Drill(
        "the ledger lost between order and invoice, restored from a backup; all papers come again",
        restore_faults.chain_restored,
        prepare=restore_faults.chain_prepared,
        check=restore_faults.chain_found_again,
    ),
    "supplier-sftp-away": Drill(
        "a supplier's SFTP server ends connections after renamings, goes and comes back",
        supplier_faults.server_away,
        prepare=supplier_faults.prepared,
        check=partial(supplier_faults.delivered, CEDAR),
    ),
}
DRILLS: Mapping[str, Drill] = {**_PROCESSES, **_SENDERS, **_POISON, **_BROKERS, **_LEDGER, **_ODOO, **_TRADE}
