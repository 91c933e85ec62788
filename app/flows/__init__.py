"""What happens to messages: the stages, and one file for each kind of document.

``FLOWS`` lists the kinds of documents; adding one is a file and a name here.
"""

from app.flows.base import Flow
from app.flows.consumption import ConsumptionFlow

FLOWS: dict[str, Flow] = {flow.kind: flow for flow in (ConsumptionFlow(),)}
