"""Lanes as queues."""

from __future__ import annotations

from app.model.channel import LANES
from workers import topology


def test_every_name_on_the_broker_is_ours() -> None:
    queues = [*topology.lane_queues(), *map(topology.dead_queue, LANES), topology.unrouted_queue()]
    exchanges = (topology.BELLS, topology.DEAD, topology.UNROUTED)
    names = [thing.name for thing in (*queues, *exchanges)]
    assert all(name.startswith("wardline.") for name in names)
    assert len({queue.name for queue in queues}) == len(queues) == 2 * len(LANES) + 1


def test_every_queue_is_a_quorum_queue() -> None:
    queues = [*topology.lane_queues(), *map(topology.dead_queue, LANES), topology.unrouted_queue()]
    assert {queue.queue_arguments["x-queue-type"] for queue in queues} == {"quorum"}
    assert all(queue.durable for queue in queues)


def test_what_a_lane_refuses_ends_in_its_own_dead_queue() -> None:
    for lane in LANES:
        arguments = topology.lane_queue(lane).queue_arguments
        dead = topology.dead_queue(lane)
        assert arguments["x-dead-letter-exchange"] == dead.exchange.name
        assert arguments["x-dead-letter-routing-key"] == dead.routing_key


def test_at_least_once_needs_a_queue_that_rejects_when_it_is_full() -> None:
    arguments = topology.lane_queue("urgent").queue_arguments
    assert arguments["x-dead-letter-strategy"] == "at-least-once"
    assert arguments["x-overflow"] == "reject-publish"


def test_what_is_sent_to_no_lane_has_where_to_go() -> None:
    assert topology.BELLS.arguments == {"alternate-exchange": topology.UNROUTED.name}
    assert topology.unrouted_queue().exchange.name == topology.UNROUTED.name
