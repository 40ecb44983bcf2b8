"""The Content-Security-Policy of every page."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tenants.chains.models import Chain
from tests.portal.people.conftest import owner_at_desk

__all__ = ["owner_at_desk"]

Policy = dict[str, list[str]]


def _policy(answer: Any) -> Policy:
    directives = (part.split() for part in answer["Content-Security-Policy"].split(";"))
    return {name: sources for name, *sources in directives}


@pytest.mark.parametrize("path", ["/", "/desk/login/", "/no/such/page/"])
def test_no_page_of_ours_may_run_what_stands_in_it(chain: Chain, client_of: Callable[..., Client], path: str) -> None:
    policy = _policy(client_of(chain).get(path))
    assert policy["default-src"] == ["'self'"]
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == ["'none'"]
    assert not {"script-src", "style-src"} & policy.keys(), "nothing looser than the default"
    assert "unsafe" not in str(policy)
    assert policy["form-action"] == ["'self'", "localhost:*", "*.localhost:*", "https://checkout.stripe.com"]


def test_the_registers_get_what_their_framework_needs_and_nothing_else(owner_at_desk: Client) -> None:
    answer = owner_at_desk.get("/desk/registers/")
    assert answer.status_code == 200
    policy = _policy(answer)
    assert policy["script-src"] == ["'self'", "'unsafe-eval'"]
    assert policy["style-src"] == ["'self'", "'unsafe-inline'"]
    assert policy["default-src"] == ["'self'"]


def test_the_doors_page_bears_it_too(
    chain: Chain, client_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kernel.slots.Slots.full", lambda _self: True)
    answer = client_of(chain).post("/", {"card_number": "1", "pin": "193746"})
    assert answer.status_code == 503
    assert _policy(answer)["default-src"] == ["'self'"]
