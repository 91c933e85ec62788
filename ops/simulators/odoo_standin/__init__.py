"""An honest little Odoo 19: only what the gateway and provisioning use, with Odoo's own answers and refusals.

``server`` speaks JSON-2, ``records`` and ``loading`` are what every model can do, ``places``, ``goods``, ``quants`` and
``transfers`` are the models, ``storage`` keeps their records in SQLite, ``faults`` makes it misbehave on request. The
contract suite of the gateway runs on it and on the real Odoo, which keeps it honest.
"""
