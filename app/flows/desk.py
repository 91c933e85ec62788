"""Everything about approvals put together: deciding, standing in, links, and the clock's jobs.

Made by ``app.services``; the HTTP edge and ``wardline approvals`` work with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from app.flows.approval_links import Links, Signature
from app.flows.approval_notice import Telling
from app.flows.approving import Approving
from app.flows.base import Job
from app.flows.dossiers import Dossiers, Ruling
from app.flows.escalating import Escalating
from app.flows.notifying import Notifying
from app.flows.standing_in import StandingIn
from app.ledger.ledger import Ledger
from app.model.setup import Setup
from app.partners.notifiers import Mail, Webhook
from app.partners.webhook import signing_key
from app.policy.retry import Retry
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Desk:
    """Where approvals are decided."""

    dossiers: Dossiers
    approving: Approving
    standing_in: StandingIn
    links: Links
    escalating: Escalating
    notifying: Notifying

    @property
    def jobs(self) -> tuple[Job, ...]:
        """What the clock does for approvals."""
        return self.escalating.job, self.notifying.job

    @classmethod
    def of(cls, ledger: Ledger, setup: Setup, ruling: Callable[[Connection], Ruling], settings: Settings) -> Desk:
        """Put it together. Raises Misconfigured where the outlets of notices are set wrongly."""
        mail = Mail(settings.smtp_url, settings.mail_from) if settings.smtp_url else None
        webhook = Webhook(settings.webhook_url, signing_key(settings.webhook_secret)) if settings.webhook_url else None
        dossiers = Dossiers(ledger, ruling)
        telling = Telling(ledger, setup, mail=mail is not None, webhook=webhook is not None)
        approving = Approving(ledger, dossiers, telling)
        standing_in = StandingIn(ledger, dossiers, telling)
        links = Links(ledger, approving, Signature.of(settings.pepper), settings.public_url)
        return cls(
            dossiers=dossiers,
            approving=approving,
            standing_in=standing_in,
            links=links,
            escalating=Escalating(ledger, dossiers, telling, standing_in),
            notifying=Notifying(ledger, links, Retry.of(settings), mail, webhook),
        )
