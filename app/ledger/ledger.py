"""The ledger as one thing: its repositories over one database.

Built by ``app.services`` and handed to everyone who needs to remember or to look something up.
"""

from __future__ import annotations

from datetime import timedelta

from app.ledger.attempts import Attempts
from app.ledger.audit import AuditTrail
from app.ledger.authorities import Authorities
from app.ledger.bells import Bells
from app.ledger.bodies import Bodies
from app.ledger.cipher import Cipher
from app.ledger.circuits import Circuits
from app.ledger.database import Database
from app.ledger.dead_letters import DeadLetters
from app.ledger.documents import Documents
from app.ledger.figures import Figures
from app.ledger.holds import Holds
from app.ledger.interchanges import Interchanges
from app.ledger.jobs import Jobs
from app.ledger.keys import Keys
from app.ledger.messages import Messages
from app.ledger.partitions import Partitions
from app.ledger.postings import Postings
from app.ledger.pulses import Pulses
from app.ledger.registry import Registry
from app.ledger.search import Search
from app.ledger.work import Work
from app.settings import Settings, body_keys


class Ledger:
    """Everything Wardline remembers. ``retention`` is how long bodies are kept."""

    def __init__(self, settings: Settings) -> None:
        lease = timedelta(seconds=settings.lease_seconds)
        self.retention = timedelta(days=settings.body_retention_days)
        self.database = Database(settings.database_url)
        self.bodies = Bodies(Cipher(body_keys(settings)))
        self.audit = AuditTrail(self.database)
        self.work = Work(self.database, lease)
        self.partitions = Partitions(lease)
        self.bells = Bells()
        self.attempts = Attempts()
        pause = timedelta(seconds=settings.circuit_probe_seconds)
        self.circuits = Circuits(self.database, settings.circuit_failures, pause)
        self.messages = Messages(self.database, self.bodies, self.work, self.audit, self.retention)
        self.documents = Documents(self.bodies)
        self.postings = Postings()
        self.holds = Holds(self.database, self.documents, self.messages, self.work, self.audit)
        self.dead_letters = DeadLetters(self.database, self.messages, self.work, self.audit)
        self.interchanges = Interchanges(self.database, self.bodies, self.audit)
        self.keys = Keys(self.database, settings.pepper.encode())
        self.search = Search(self.postings, self.holds, self.audit)
        self.figures = Figures()
        self.jobs = Jobs()
        self.registry = Registry()
        self.pulses = Pulses()
        self.authorities = Authorities(self.audit)
        self.transaction = self.database.transaction
        self.reading = self.database.reading
