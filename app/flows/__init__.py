"""What happens to messages: the stages, and one file for each kind of document.

``FLOWS`` lists the kinds of documents that are carried out; the others are recorded. ``OPERATIONS`` lists the effects
in Odoo that go alone.
"""

from typing import Any

from app.flows.base import Flow
from app.flows.consumption import ConsumptionFlow
from app.flows.operations import Operation
from app.flows.record import RecordFlow
from app.flows.response import ResponseFlow
from app.model.documents import KINDS

FLOWS: dict[str, Flow[Any]] = {kind: RecordFlow(kind) for kind in KINDS} | {
    flow.kind: flow for flow in (ConsumptionFlow(), ResponseFlow())
}

OPERATIONS: dict[str, Operation] = {}
