"""How payments are taken: what could lose or invent money does not start."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.payments import payments

KEY, SECRET = "KAYUN_STRIPE_SECRET_KEY", "KAYUN_STRIPE_WEBHOOK_SECRET"


@pytest.mark.parametrize(
    ("mode", "environ", "transport"),
    [
        ("local", {}, "simulator"),
        ("test", {KEY: "sk_test_1"}, "simulator"),
        ("local", {"KAYUN_PAYMENTS": "network", KEY: "sk_test_1"}, "network"),
        ("local", {"KAYUN_PAYMENTS": "off"}, "off"),
        ("production", {}, "off"),
        ("production", {KEY: "sk_test_1"}, "network"),
        ("production", {KEY: "sk_live_1", SECRET: "whsec_1"}, "network"),
    ],
)
def test_what_starts(mode: str, environ: dict[str, str], transport: str) -> None:
    chosen = payments(mode, environ, simulator_secret="made")
    assert chosen["transport"] == transport
    assert chosen["webhook_secret"] == ("made" if transport == "simulator" else environ.get(SECRET, ""))


@pytest.mark.parametrize(
    ("mode", "environ"),
    [
        ("local", {KEY: "sk_live_1"}),
        ("local", {KEY: "rk_live_1", "KAYUN_PAYMENTS": "simulator"}),
        ("local", {KEY: "sk_live_1", SECRET: "whsec_1", "KAYUN_PAYMENTS": "network"}),
        ("production", {KEY: "sk_live_1"}),
        ("production", {KEY: "rk_live_1", "KAYUN_PAYMENTS": "network"}),
        ("production", {"KAYUN_PAYMENTS": "simulator"}),
        ("production", {"KAYUN_PAYMENTS": "network"}),
        ("local", {"KAYUN_PAYMENTS": "stripe"}),
    ],
)
def test_what_does_not_start(mode: str, environ: dict[str, str]) -> None:
    with pytest.raises(ImproperlyConfigured):
        payments(mode, environ, simulator_secret="made")
