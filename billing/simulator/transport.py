"""Beneath Stripe's library, where the network would be: requests are answered by our own database.

A request is a transaction of its own there, as it is at Stripe, so a fault may strike before it, or after it.
"""

import json
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

import stripe

from billing.simulator import server, store
from kernel.db import in_public


class SimulatedTransport(stripe.HTTPClient):
    """An HTTP client of Stripe's library that never leaves the process."""

    name: ClassVar[str] = "simulator"

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """One request, one transaction.

        Raises:
            stripe.APIConnectionError: it did not arrive, or its answer did not.
        """
        with in_public():
            if store.take("unreached"):
                lost, status, body = True, 0, {}
            elif store.take("busy"):
                error = {"type": "rate_limit_error", "code": "rate_limit", "message": "Too many requests."}
                lost, status, body = False, 429, {"error": error}
            else:
                place = urlsplit(url)
                key = next((v for k, v in (headers or {}).items() if k.lower() == "idempotency-key"), None)
                status, body = server.answer(method.lower(), place.path, place.query, post_data or "", key)
                lost = store.take("lost_answers")
        if lost:
            raise stripe.APIConnectionError("the simulated connection broke")  # type: ignore[no-untyped-call]
        return json.dumps(body), status, {"request-id": "req_simulated"}

    def close(self) -> None:
        """Nothing is open."""
