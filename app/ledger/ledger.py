"""The ledger as one thing: its repositories over one database.

Built by ``app.services`` and handed to everyone who needs to remember or to look something up.
"""

from __future__ import annotations

from datetime import timedelta

from app.ledger.approval_links import ApprovalLinks
from app.ledger.approval_queue import ApprovalQueue
from app.ledger.approvals import Approvals
from app.ledger.asks import Asks
from app.ledger.attempts import Attempts
from app.ledger.audit import AuditTrail
from app.ledger.authorities import Authorities
from app.ledger.bells import Bells
from app.ledger.bodies import Bodies
from app.ledger.budgets import Budgets
from app.ledger.chain import Chain
from app.ledger.cipher import Cipher
from app.ledger.circuits import Circuits
from app.ledger.completeness import CompletenessBooks
from app.ledger.confirmations import Confirmations
from app.ledger.database import Database
from app.ledger.dead_letters import DeadLetters
from app.ledger.deliveries import Deliveries
from app.ledger.documents import Documents
from app.ledger.figures import Figures
from app.ledger.found import FoundEvents
from app.ledger.holds import Holds
from app.ledger.interchanges import Interchanges
from app.ledger.invoices import Invoices
from app.ledger.jobs import Jobs
from app.ledger.keys import Keys
from app.ledger.levels import Levels
from app.ledger.master_values import MasterValues
from app.ledger.messages import Messages
from app.ledger.notices import Notices
from app.ledger.orders import Orders
from app.ledger.partitions import Partitions
from app.ledger.policies import Policies
from app.ledger.postings import Postings
from app.ledger.publications import Publications
from app.ledger.pulses import Pulses
from app.ledger.recalls import Recalls
from app.ledger.registry import Registry
from app.ledger.search import Search
from app.ledger.shipments import Shipments
from app.ledger.stand_ins import StandIns
from app.ledger.usage import Usage
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
        self.messages = Messages(self.database, self.bodies, self.audit, self.retention)
        self.documents = Documents(self.bodies)
        self.postings = Postings()
        self.holds = Holds(self.database, self.documents, self.messages, self.work, self.audit)
        self.dead_letters = DeadLetters(self.database, self.messages, self.work, self.audit)
        self.interchanges = Interchanges(self.database, self.bodies, self.audit)
        self.deliveries = Deliveries(self.holds, self.work, self.audit)
        self.keys = Keys(self.database, settings.pepper.encode())
        self.search = Search(self.postings, self.holds, self.audit)
        self.figures = Figures()
        self.found = FoundEvents()
        self.jobs = Jobs()
        self.pulses = Pulses()
        self.authorities = Authorities(self.audit)
        self.transaction = self.database.transaction
        self.reading = self.database.reading
        self._open_books()

    def _open_books(self) -> None:
        """The books of the business flows, over those of the messages."""
        self.registry = Registry()
        self.master_values = MasterValues()
        self.publications = Publications()
        self.policies = Policies(self.audit)
        self.budgets = Budgets(self.database, self.audit)
        self.orders = Orders(self.database, self.holds)
        self.confirmations = Confirmations(self.audit)
        self.invoices = Invoices(self.audit)
        self.shipments = Shipments()
        self.approvals = Approvals(self.documents, self.holds, self.bodies, self.audit, self.retention)
        self.approval_queue = ApprovalQueue()
        self.approval_links = ApprovalLinks()
        self.stand_ins = StandIns(self.audit)
        self.notices = Notices()
        self.levels = Levels(self.audit)
        self.usage = Usage()
        self.asks = Asks()
        self.completeness = CompletenessBooks()
        self.recalls = Recalls(self.audit)
        self.chain = Chain(self.holds)
