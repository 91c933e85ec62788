"""Responses: what a partner answers settles or fails what was sent to it.

A refusal, and an answer to something that was never sent, wait for a person. Answers of our own, as what became of an
invoice, are sent to whom they are for.
"""

from __future__ import annotations

from sqlalchemy.engine import Connection

from app.errors import Held
from app.flows import following
from app.flows.base import Case, Effects, NoEffect, Verdict
from app.flows.sending import sendings
from app.ledger.documents import identity
from app.ledger.ledger import Ledger
from app.model.response import Response
from app.model.schema import digest_of
from app.policy.responses import meaning


class ResponseFlow:
    """The flow of the document kind ``response``."""

    kind = Response.document_kind

    def identity(self, document: Response, facility: str, sender: str) -> str:
        """The same answer again is the same answer; another one to the same interchange is not."""
        return identity(facility, sender, self.kind, digest_of(document))

    def codes(self, _: Response) -> tuple[str, ...]:
        """Nothing is looked up."""
        return ()

    def awaited(self, _: Response) -> str | None:
        """Nothing waits for it."""
        return None

    def decide(self, tx: Connection, ledger: Ledger, case: Case[Response]) -> Verdict:
        """Note the answer at its interchange. Raises Held for a refusal and for an answer that nobody waits for."""
        response = case.document
        if case.row.mapping == following.MAPPING:
            return Effects(tuple(sendings(case.setup, case, response, _recipient(response))), case.row.lane)
        controls = [value for _, value in _controls(response)]
        sent = ledger.interchanges.answered(tx, case.message.channel, controls, response.refers_to)
        if sent is None:
            subject = (
                f"channel {case.message.channel} {controls[0] if controls else response.refers_to or 'unnumbered'}"
            )
            hint = "Nothing was sent under this number; find out what the partner answers, then cancel this."
            raise Held("response_unmatched", subject, hint)
        if sent.answered_by == case.row.id:
            return NoEffect("answer_seen")
        if (said := meaning(response)) == "pending":
            return NoEffect("answer_pending")
        ledger.interchanges.answer(tx, sent.id, said, case.row.id)
        ledger.deliveries.proved(tx, sent)
        if said == "rejected":
            hint = "The partner refused what was sent; correct the cause, send it again, then release this."
            raise Held("response_rejected", f"channel {sent.channel} {sent.message_type} {sent.control_id}", hint)
        return NoEffect("answered")


def _recipient(response: Response) -> str | None:
    """Our reference of the supplier to whom an answer of our own goes."""
    identifiers = response.recipient.identifiers if response.recipient else ()
    return next((one.value for one in identifiers if one.scheme == "internal"), None)


def _controls(response: Response) -> list[tuple[str, str]]:
    return [(kind, value) for kind, value in response.business_keys() if kind == "control_id"]
