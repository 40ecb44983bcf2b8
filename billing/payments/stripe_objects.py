"""Stripe's objects in our words. Each is read as plain data: what the library sent, expanded as it was asked for."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from billing.payments.domain import AttemptState
from billing.payments.ports import Card, Intent, Refunded, Session

Raw = Mapping[str, Any]

_INTENTS: Final[Mapping[str, AttemptState]] = {
    "succeeded": AttemptState.SUCCEEDED,
    "canceled": AttemptState.FAILED,
    # With an error it was tried and declined; without, nobody has tried yet.
    "requires_payment_method": AttemptState.FAILED,
}
_REFUNDS: Final[Mapping[str, AttemptState]] = {
    "succeeded": AttemptState.SUCCEEDED,
    "failed": AttemptState.FAILED,
    "canceled": AttemptState.FAILED,
}


def session_of(raw: Raw) -> Session:
    """A visit to the payment page; ``payment_intent`` and ``setup_intent.payment_method`` are expanded."""
    intent = intent_of(raw["payment_intent"]) if isinstance(raw.get("payment_intent"), Mapping) else None
    setup = raw.get("setup_intent")
    method = setup.get("payment_method") if isinstance(setup, Mapping) else None
    card = card_of(method) if isinstance(method, Mapping) else None
    return Session(
        id=raw["id"],
        state=_session_state(raw, intent, card),
        customer_id=_id(raw.get("customer")),
        attempt=_attempt(raw),
        intent=intent,
        card=card,
    )


def intent_of(raw: Raw) -> Intent:
    """A payment."""
    problem = raw.get("last_payment_error") or {}
    state = _INTENTS.get(raw["status"], AttemptState.OPEN)
    if raw["status"] == "requires_payment_method" and not problem:
        state = AttemptState.OPEN
    return Intent(
        id=raw["id"],
        state=state,
        amount_fen=raw.get("amount_received") or 0,
        currency=raw["currency"],
        customer_id=_id(raw.get("customer")),
        attempt=_attempt(raw),
        problem=problem.get("decline_code") or problem.get("code") or "",
    )


def refund_of(raw: Raw) -> Refunded:
    """A refund."""
    return Refunded(
        id=raw["id"],
        intent_id=_id(raw.get("payment_intent")),
        state=_REFUNDS.get(raw["status"], AttemptState.OPEN),
        amount_fen=raw["amount"],
        attempt=_attempt(raw),
        problem=raw.get("failure_reason") or "",
    )


def card_of(raw: Raw) -> Card:
    """A saved card."""
    shown = raw["card"]
    return Card(
        id=raw["id"],
        customer_id=_id(raw.get("customer")),
        brand=shown["brand"],
        last4=shown["last4"],
        exp_year=shown["exp_year"],
        exp_month=shown["exp_month"],
    )


def _session_state(raw: Raw, intent: Intent | None, card: Card | None) -> AttemptState:
    if raw["status"] == "expired":
        return AttemptState.EXPIRED
    if raw["status"] == "open":
        return AttemptState.OPEN
    if raw["mode"] == "setup":
        return AttemptState.SUCCEEDED if card else AttemptState.OPEN
    # Complete: the payer is done, and the payment says what came of it, perhaps later.
    return intent.state if intent else AttemptState.OPEN


def _attempt(raw: Raw) -> UUID | None:
    text = (raw.get("metadata") or {}).get("attempt")
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _id(value: Any) -> str:
    """An id, whether the object itself was sent along or not."""
    if isinstance(value, Mapping):
        return str(value["id"])
    return str(value or "")
