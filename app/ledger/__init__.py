"""The memory: messages, documents, postings, holds, the audit trail, and the work that is due.

The ledger is the truth; queues only ring the bell. One implementation in SQLAlchemy Core runs on PostgreSQL and on
SQLite. Called by flows, intake, relay and the operators' commands; it knows neither standards nor Odoo.
"""
