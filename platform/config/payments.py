"""How payments are taken, from the environment; a choice that could lose or invent money does not start."""

from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured

_TRANSPORTS = ("network", "simulator", "off")
_LIVE = ("sk_live_", "rk_live_")


def payments(mode: str, environ: Mapping[str, str], *, simulator_secret: str) -> dict[str, str]:
    """``transport``, ``api_key`` and ``webhook_secret``.

    KAYUN_PAYMENTS is ``network``, ``simulator`` or ``off``. Unsaid: the simulator outside production; in production the
    network where a key is given, and otherwise off.

    Raises:
        ImproperlyConfigured: the simulator with a live key or in production, a live key without the webhook's secret, a
            live key outside production.
    """
    key = environ.get("KAYUN_STRIPE_SECRET_KEY", "")
    secret = environ.get("KAYUN_STRIPE_WEBHOOK_SECRET", "")
    live = key.startswith(_LIVE)
    transport = environ.get("KAYUN_PAYMENTS") or _unsaid(mode, key)
    if transport not in _TRANSPORTS:
        raise ImproperlyConfigured(f"KAYUN_PAYMENTS is one of {', '.join(_TRANSPORTS)}, not {transport!r}")
    if transport == "simulator":
        if live:
            raise ImproperlyConfigured("KAYUN_STRIPE_SECRET_KEY is a live key, and payments would be simulated")
        if mode == "production":
            raise ImproperlyConfigured("payments are not simulated in production: anybody could credit an account")
        return {"transport": transport, "api_key": "sk_test_simulator", "webhook_secret": simulator_secret}
    if transport == "network":
        if not key:
            raise ImproperlyConfigured("KAYUN_PAYMENTS=network needs KAYUN_STRIPE_SECRET_KEY")
        if live and not secret:
            raise ImproperlyConfigured("a live key needs KAYUN_STRIPE_WEBHOOK_SECRET: messages could not be believed")
        if live and mode != "production":
            raise ImproperlyConfigured("a live key is for production only")
    return {"transport": transport, "api_key": key, "webhook_secret": secret}


def _unsaid(mode: str, key: str) -> str:
    if mode != "production":
        return "simulator"
    return "network" if key else "off"
