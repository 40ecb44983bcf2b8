"""Whose address a request is counted under."""

import pytest
from django.test import RequestFactory

from kernel.http.addresses import client_network


@pytest.mark.parametrize(
    ("seen", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::"),
        ("2001:db8:1:2:bbbb::2", "2001:db8:1:2::"),
        ("no address", ""),
        ("", ""),
    ],
)
def test_the_peer_is_believed(seen: str, network: str) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR=seen, headers={"x-forwarded-for": "198.51.100.1"})
    assert client_network(request) == network


@pytest.mark.parametrize("forwarded", ["203.0.113.9", "198.51.100.1, 203.0.113.9", "forged,198.51.100.1,203.0.113.9"])
def test_behind_our_proxy_only_what_the_proxy_saw(settings: object, forwarded: str) -> None:
    settings.BEHIND_PROXY = True  # type: ignore[attr-defined]
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers={"x-forwarded-for": forwarded})
    assert client_network(request) == "203.0.113.9"
    assert client_network(RequestFactory().get("/", REMOTE_ADDR="10.0.0.1")) == "10.0.0.1"
