"""The ERP: one gateway that speaks in our verbs, and the transport under it.

Called by ``app.flows``. Nothing else in the house knows a model or a field of Odoo.
"""
