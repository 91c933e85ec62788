"""Faults of the broker: RabbitMQ and Redis taken away, in alarm, emptied.

Listed in ``ops.drill.drills``.
"""

from __future__ import annotations

import shutil
import time
from contextlib import suppress

import redis

from ops.dev.errors import DevError
from ops.drill.scene import Scene


def broker_cut(scene: Scene) -> None:
    """All connections to the virtual host are cut, again and again."""
    until = time.monotonic() + scene.seconds
    while time.monotonic() < until:
        with suppress(DevError):
            scene.stack.rabbitmq.ctl("close_all_connections", "--vhost", scene.virtual_host, "cut by the drill")
        time.sleep(2.0)


def queues_deleted(scene: Scene) -> None:
    """Somebody deletes the lanes' queues by hand, with all bells in them."""
    for lane in ("bulk", "urgent"):
        scene.stack.rabbitmq.ctl("delete_queue", "-p", scene.virtual_host, f"wardline.{lane}")
        time.sleep(scene.seconds / 3)


def broker_stopped(scene: Scene) -> None:
    """RabbitMQ ends in good order and is started again after a while."""
    scene.stack.rabbitmq.down()
    scene.wait()
    scene.stack.rabbitmq.up_private()


def broker_killed(scene: Scene) -> None:
    """RabbitMQ's machine goes and comes back."""
    scene.stack.rabbitmq.process.kill()
    scene.wait(0.5)
    scene.stack.rabbitmq.up_private()


def broker_frozen(scene: Scene) -> None:
    """RabbitMQ keeps its connections and answers nobody."""
    scene.stack.rabbitmq.process.pause()
    scene.wait()
    scene.stack.rabbitmq.process.resume()


def memory_alarm(scene: Scene) -> None:
    """RabbitMQ holds too much in memory: it blocks every publisher without a word."""
    ctl = scene.stack.rabbitmq.ctl
    ctl("set_vm_memory_high_watermark", "0.000001")
    scene.wait()
    ctl("set_vm_memory_high_watermark", "0.4")


def disk_alarm(scene: Scene) -> None:
    """RabbitMQ finds less of its disk free than it wants: it blocks every publisher without a word."""
    ctl = scene.stack.rabbitmq.ctl
    ctl("set_disk_free_limit", "1000000GB")
    scene.wait()
    ctl("set_disk_free_limit", "50MB")


def redis_emptied(scene: Scene) -> None:
    """Somebody empties Redis, again and again, with all bells in it."""
    until = time.monotonic() + scene.seconds
    with redis.Redis.from_url(scene.stack.redis.url) as client:
        while time.monotonic() < until:
            client.flushall()
            time.sleep(0.5)


def redis_lost(scene: Scene) -> None:
    """Redis dies, its files are gone, and it comes back empty."""
    server = scene.stack.redis
    server.process.kill()
    shutil.rmtree(server.folder.path / server.name / "appendonlydir", ignore_errors=True)
    scene.wait(0.5)
    server.up_private()
