"""The accelerator: a server action in Odoo that makes and completes a transfer in one call, where it is installed.

Used by ``app.odoo.stock`` and installed by ``ops.accelerator``. It writes the very external id that the plain way
writes, in the transaction of the transfer, so that either way finds what the other one did; nothing needs it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import structlog

from app import ids
from app.errors import Permanent
from app.odoo import faults, loading
from app.odoo.gateway import Movement, Transfer
from app.odoo.transfer_notes import with_events
from app.odoo.transport import Connection

log = structlog.get_logger()

GROUP, ACTION = "accelerator_group", "accelerator_action"
"""The external ids, in our module, of the action and of the group that alone may run it."""
LOOK_AGAIN = timedelta(minutes=1)
"""How long it is remembered whether the accelerator is there; it is also looked for when Odoo says that it is not."""
PAYLOAD = "wardline_movement"

# It runs with the caller's own rights. ``with``, ``import`` and closures are forbidden in a server action. The key is
# claimed before the transfer is made: a call with the same key at the same time waits there, and Odoo then repeats it.
CODE = """\
# Wardline's accelerator: makes a transfer under its external id and completes it, in one transaction.
# Installed by `wardline odoo accelerate`, which knows it by its fingerprint: do not edit.
task = env.context['wardline_movement']
clean = env(context=dict((k, v) for k, v in env.context.items() if k != 'wardline_movement'))
cr = clean.cr
cr.execute(\"\"\"
    INSERT INTO ir_model_data
        (module, name, model, res_id, noupdate, create_uid, create_date, write_uid, write_date)
    VALUES (%s, %s, 'stock.picking', 0, true, %s, now() at time zone 'UTC', %s, now() at time zone 'UTC')
    ON CONFLICT (module, name) DO NOTHING RETURNING id\"\"\", [task['module'], task['key'], clean.uid, clean.uid])
claimed = cr.fetchone()
if claimed:
    way = {'location_id': task['source'], 'location_dest_id': task['destination']}
    picking = clean['stock.picking'].create(dict(
        way, picking_type_id=task['operation'], origin=task['origin'], note=task['note'] or False))
    cr.execute('UPDATE ir_model_data SET res_id = %s WHERE id = %s', [picking.id, claimed[0]])
    # Odoo looks up for each line which rules lead on from its destination, unless the move is a count's: asked once.
    last = not clean['stock.rule'].sudo().search_count([
        ('location_src_id', 'parent_of', [task['destination']]), ('action', 'in', ['push', 'pull_push'])], limit=1)
    moves = {}
    for item, unit, quantity, lot in task['lines']:
        move = moves.setdefault((item, unit), dict(
            way, picking_id=picking.id, product_id=item, product_uom=unit, product_uom_qty=0.0, picked=True,
            state='confirmed', is_inventory=last, move_line_ids=[]))
        move['product_uom_qty'] += quantity
        move['move_line_ids'].append(Command.create(dict(
            way, picking_id=picking.id, product_id=item, product_uom_id=unit, quantity=quantity, lot_id=lot,
            picked=True)))
    # Odoo looks every quant up again and again; those that were read together and are handed on it finds in memory.
    items = clean['product.product'].browse(sorted(set(line[0] for line in task['lines'])))
    places = clean['stock.location'].browse([task['source'], task['destination']])
    lots = ['|', ('lot_id', '=', False), ('lot_id', 'in', [line[3] for line in task['lines'] if line[3]])]
    clean['stock.quant'].sudo().search_fetch(
        [('product_id', 'in', items.ids), ('location_id', 'in', places.ids)] + lots,
        ['product_id', 'location_id', 'lot_id', 'package_id', 'owner_id', 'company_id', 'in_date', 'quantity',
         'reserved_quantity'])
    quants = clean['stock.quant']._get_quants_by_products_locations(items, places, extra_domain=lots)
    made = clean['stock.move'].with_context(quants_cache=quants).create(list(moves.values()))
    done = picking.button_validate()
    clean['stock.move'].browse(made.ids).write({'is_inventory': False})
    if done is not True or picking.state != 'done':
        raise UserError('A person would be asked about this transfer.')
else:
    cr.execute('SELECT model, res_id FROM ir_model_data WHERE module = %s AND name = %s', [task['module'], task['key']])
    model, known = cr.fetchone()
    picking = clean['stock.picking'].browse(known if model == 'stock.picking' else 0).exists()
action = {'id': picking.id, 'name': picking.name, 'state': picking.state} if picking else {}
"""
FINGERPRINT = sha256(CODE.encode()).hexdigest()[:16]
CONTEXT = {"skip_backorder": True, "skip_sms": True, "skip_expired": True, "tracking_disable": True}


def comment(action_id: int) -> str:
    """What stands at the group: the action and its version, for those who may not read actions themselves."""
    return f"action {action_id}, code {FINGERPRINT}"


class Accelerator:
    """Moves by one call where this version's action is installed; ``module`` is the first half of our external ids."""

    def __init__(self, connection: Connection, module: str) -> None:
        self._connection = connection
        self._module = module
        self._known: tuple[int | None, datetime] | None = None

    def move(self, movement: Movement, operation: int) -> Transfer | None:
        """The transfer under the key, made and completed, or as it was found; None means: go the plain way.

        So it is where the accelerator is not installed, and where Odoo refuses: nothing of the call remains then, and
        the plain way, under the same key, tells why. Raises Transient, Unavailable and InDoubt as the plain way does.
        """
        try:
            action = self._action()
            if action is None:
                return None
            run = self._connection.get_model("ir.actions.server").run
            answer = run(ids=[action], context=CONTEXT | {PAYLOAD: self._task(movement, operation)})
        except faults.Declined:
            return None
        except Permanent as error:
            log.warning("odoo.not_accelerated", error_code=error.code)
            self._known = (None, ids.now() + LOOK_AGAIN)
            return None
        return Transfer(answer["id"], answer["name"], answer["state"]) if answer else None

    def _action(self) -> int | None:
        """The action's id, or None where this version's is not there."""
        if self._known is None or self._known[1] < ids.now():
            self._known = (self._look(), ids.now() + LOOK_AGAIN)
        return self._known[0]

    def _look(self) -> int | None:
        group = loading.find(self._connection, "res.groups", GROUP)
        rows = self._connection.get_model("res.groups").read(ids=[group], fields=["comment"]) if group else []
        # An HTML field in some releases, plain text in this one: only the numbers count.
        words = str(rows[0]["comment"] or "").replace(",", " ").split() if rows else []
        return int(words[1]) if len(words) == 4 and words[3] == FINGERPRINT and words[1].isdecimal() else None

    def _task(self, movement: Movement, operation: int) -> dict[str, Any]:
        stock, consumption = movement.stock_location.id, movement.consumption_location.id
        source, destination = (stock, consumption) if movement.direction == "out" else (consumption, stock)
        return {
            "module": self._module,
            "key": movement.key,
            "operation": operation,
            "source": source,
            "destination": destination,
            "origin": movement.origin,
            "note": with_events(movement.events),
            # Odoo computes with floats itself and rounds them to its own decimals, which a movement never exceeds.
            "lines": [
                [line.item_id, line.uom_id, float(line.quantity), line.lot_id or False] for line in movement.lines
            ],
        }
