"""The domain of Wardline: what a message means and what must become of it.

No Celery and no Flask in here. From top to bottom: ``services`` puts the parts together, ``flows`` says what happens
to each kind of document, ``odoo`` is the ERP, ``policy`` and ``crosswalk`` decide and translate names, ``ledger`` is
the memory, ``standards`` turn bytes into canonical documents, ``model`` is the vocabulary they share.
"""
