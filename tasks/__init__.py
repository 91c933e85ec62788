"""The stages a message passes, one task each: ``translate``, ``resolve``, ``post``, ``dispatch``.

A task is a bell and carries nothing but its lane; what is to be done is in the ledger. The relay rings, Celery's
workers hear, ``workers.task`` drains, ``app.flows`` does the work.
"""
