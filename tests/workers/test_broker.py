"""The broker's address out of the settings."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from app.errors import Misconfigured
from tests import factories
from workers.broker import Broker, task_seconds


def broker(url: str) -> Broker:
    return Broker.of(factories.settings(Path("unused"), broker_url=url))


def test_a_folder_is_a_broker_without_a_server() -> None:
    found = broker("filesystem://var/broker")
    assert found.transport == "workers.folder:Transport"
    assert found.options["folder"] == "var/broker"
    assert broker("filesystem:///srv/broker").options["folder"] == "/srv/broker"


def test_rabbitmq_confirms_what_is_published() -> None:
    assert broker("amqp://user:word@host/vhost").options == {"confirm_publish": True}


@pytest.mark.parametrize("scheme", ["amqp", "redis"])
def test_without_tls_nothing_is_asked_for(scheme: str) -> None:
    assert broker(f"{scheme}://host").tls is None


def test_over_tls_the_certificate_and_its_host_are_verified() -> None:
    connection = broker("amqps://user:word@host.example/vhost").connection()
    assert connection.ssl == {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": None}
    assert broker("rediss://host").tls == {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": True}


def test_redis_hands_out_again_only_what_takes_longer_than_any_task() -> None:
    settings = factories.settings(Path("unused"), broker_url="redis://host", lease_seconds=1000.0)
    assert Broker.of(settings).options["visibility_timeout"] > 2 * task_seconds(settings)


@pytest.mark.parametrize("url", ["", "kafka://host", "filesystem://", "host:5672", "memory://"])
def test_any_other_kind_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured, match="WARDLINE_BROKER_URL"):
        broker(url)


def test_the_refusal_does_not_show_the_password() -> None:
    with pytest.raises(Misconfigured) as caught:
        broker("kafka://user:hush@host")
    assert "hush" not in str(caught.value)
