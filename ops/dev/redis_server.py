"""A private Redis: append-only file on, nothing evicted, as a broker needs it.

Called by ``ops.dev.stack``.
"""

from __future__ import annotations

from ops.dev import debian, probe
from ops.dev.folder import write_private
from ops.dev.service import Service
from ops.dev.settings import REDIS_URL

_CONF = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir {folder}
daemonize no
appendonly yes
save ""
maxmemory-policy noeviction
"""


class RedisServer(Service):
    """Redis on loopback, with a password."""

    name = "redis"
    variable = REDIS_URL
    programs = (debian.REDIS,)

    @property
    def url(self) -> str:
        """Address with password, database 0."""
        return f"redis://:{self.folder.secret(self.name)}@127.0.0.1:{self.port}/0"

    def probe(self, url: str) -> bool:
        """PING is answered."""
        return probe.redis_answers(url)

    def launch(self) -> None:
        """Write the configuration and start."""
        place = self.folder.place(self.name)
        conf = _CONF.format(port=self.port, password=self.folder.secret(self.name), folder=place)
        write_private(place / "redis.conf", conf)
        self.process.start([debian.REDIS.path(), str(place / "redis.conf")], env=self.environment())
