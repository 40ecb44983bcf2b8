"""The gateway over the network, with nobody at its other end: what is not known is called unknown."""

import socket
from datetime import timedelta
from uuid import UUID

import pytest
import stripe
from django.core import checks

from billing.payments.checks import check_payments
from billing.payments.domain import AttemptKind, AttemptState, pause_after_decline, pause_before_look, rises
from billing.payments.ports import Busy, NotGenuine, Rejected, Unreached
from billing.payments.stripe_gateway import StripeGateway
from billing.simulator.wire import decode
from kernel import clock

KEY = UUID(int=7)


class Answering(stripe.HTTPClient):
    """A network that answers one thing."""

    name = "answering"

    def __init__(self, status: int, body: str) -> None:
        super().__init__()
        self._answer = (body, status)

    def request(self, method: str, url: str, headers: object, post_data: object = None, **_: object) -> object:  # type: ignore[override]
        return (*self._answer, {})

    def close(self) -> None:
        """Nothing is open."""


def gateway(transport: stripe.HTTPClient) -> StripeGateway:
    return StripeGateway(api_key="sk_test_1", webhook_secret="whsec_1", transport=transport, repeats=0)


@pytest.fixture
def off(monkeypatch: pytest.MonkeyPatch, database: None) -> None:
    """No way out."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError("the network is off")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr("urllib3.util.connection.create_connection", refuse)


def test_a_network_that_is_off(off: None) -> None:
    network = gateway(stripe.RequestsClient(timeout=1))
    with pytest.raises(Unreached):
        network.charge_saved(key=KEY, customer_id="cus_1", card_id="pm_1", amount_fen=400)
    with pytest.raises(Unreached):
        list(network.list_events(since=clock.now() - timedelta(days=1)))


@pytest.mark.parametrize(
    ("status", "body", "wanted"),
    [
        (500, '{"error": {"type": "api_error"}}', Unreached),
        (502, "<html>", Unreached),
        (409, '{"error": {"type": "idempotency_error"}}', Unreached),
        (429, '{"error": {"code": "rate_limit"}}', Busy),
        (400, '{"error": {"type": "invalid_request_error", "code": "amount_too_small"}}', Rejected),
        (401, '{"error": {"type": "invalid_request_error"}}', Rejected),
    ],
)
def test_what_each_answer_means(database: None, status: int, body: str, wanted: type[Exception]) -> None:
    with pytest.raises(wanted):
        gateway(Answering(status, body)).refund(key=KEY, intent_id="pi_1", amount_fen=400)


def test_what_is_gone_is_none_and_what_is_not_ours_is_not_asked(database: None) -> None:
    missing = gateway(Answering(404, '{"error": {"type": "invalid_request_error", "code": "resource_missing"}}'))
    assert missing.fetch("pi_1") is None
    assert missing.fetch("dp_1") is None


def test_a_message_of_long_ago_is_not_genuine(database: None) -> None:
    body = '{"id": "evt_1", "object": "event", "type": "x", "created": 1, "data": {"object": {"id": "pi_1"}}}'
    sign = stripe.WebhookSignature.generate_signature_header
    ours = gateway(Answering(200, "{}"))
    assert ours.verify_webhook(body=body.encode(), signature=sign(body, "whsec_1")).object_id == "pi_1"
    for signature in (sign(body, "whsec_2"), sign(body, "whsec_1", timestamp=1), ""):
        with pytest.raises(NotGenuine):
            ours.verify_webhook(body=body.encode(), signature=signature)
    with pytest.raises(NotGenuine):
        ours.verify_webhook(body=b"\xff", signature=sign(body, "whsec_1"))


def test_states_only_rise() -> None:
    top_up, refund = AttemptKind.TOP_UP, AttemptKind.REFUND
    assert rises(top_up, AttemptState.EXPIRED, AttemptState.SUCCEEDED)
    assert rises(top_up, AttemptState.FAILED, AttemptState.SUCCEEDED)
    assert not rises(top_up, AttemptState.SUCCEEDED, AttemptState.FAILED)
    assert not rises(top_up, AttemptState.SUCCEEDED, AttemptState.OPEN)
    assert rises(refund, AttemptState.SUCCEEDED, AttemptState.FAILED)
    assert not rises(refund, AttemptState.FAILED, AttemptState.SUCCEEDED)
    assert not rises(refund, AttemptState.OPEN, AttemptState.EXPIRED)


def test_pauses_grow() -> None:
    looks = [pause_before_look(number) for number in range(5)]
    assert looks == sorted(looks)
    assert pause_after_decline(4) is None


def test_the_settings_are_spoken_of(settings: object) -> None:
    for transport, secret, mode, said in (
        ("network", "", "local", ["kayun.payments.W001"]),
        ("network", "whsec_1", "production", []),
        ("off", "", "production", ["kayun.payments.W002"]),
        ("simulator", "x", "local", []),
    ):
        settings.MODE = mode  # type: ignore[attr-defined]
        settings.PAYMENTS = {"transport": transport, "webhook_secret": secret}  # type: ignore[attr-defined]
        found: list[checks.CheckMessage] = check_payments(None)
        assert [one.id for one in found] == said


def test_forms_are_read_as_stripe_writes_them() -> None:
    assert decode("a=1&b[c]=2&b[d][0]=3&b[d][1]=4&e[0][f]=5&g[]=6&g[]=7") == {
        "a": "1",
        "b": {"c": "2", "d": ["3", "4"]},
        "e": [{"f": "5"}],
        "g": ["6", "7"],
    }
