"""What happens on the simulated service's side: a payer pays, is declined, proves herself, leaves; a bank refuses."""

from typing import Any, Final

from django.conf import settings

from billing.simulator import store
from billing.simulator.store import Missing, Raw
from kernel import clock

CARDS: Final = {
    "4242": None,
    "0002": "card_declined",
    "9995": "insufficient_funds",
    "3184": "authentication_required",
}
"""Saved cards by their last digits, and what the bank says when they are charged without the owner."""

_METHODS: Final = {"card": "card", "alipay": "alipay", "wechat_pay": "wechat_pay"}


class PageOver(Exception):
    """The page was used, or its time is over."""


def page_of(session_id: str) -> str:
    """Where the payer goes."""
    return f"{settings.SIMULATOR_BASE_URL}/dev/pay/{session_id}/"


def open_session(session_id: str) -> Raw:
    """The page's session, as it is now.

    Raises:
        Missing
    """
    return expire_if_over(store.hold(session_id, "checkout.session"))


def pay(session_id: str) -> Raw:
    """The payer pays (or proved herself to her bank first); the session.

    Raises:
        Missing, PageOver
    """
    session = _open(session_id)
    method = _method(session, "4242")
    intent = make_intent(
        session["customer"], session["amount_total"], method, metadata=session["intent_metadata"], problem=None
    )
    store.change(session, status="complete", payment_status="paid", payment_intent=intent["id"])
    store.happened("checkout.session.completed", session)
    return session


def leave_card(session_id: str, last4: str) -> Raw:
    """The payer leaves a card.

    Raises:
        Missing, PageOver
    """
    session = _open(session_id)
    if last4 not in CARDS:
        raise Missing(last4)
    method = store.make(
        "payment_method",
        customer=session["customer"],
        type="card",
        card={"brand": "visa", "last4": last4, "exp_month": 12, "exp_year": clock.today().year + 3},
        metadata={},
    )
    setup = store.make(
        "setup_intent",
        customer=session["customer"],
        status="succeeded",
        payment_method=method["id"],
        usage="off_session",
        metadata={},
    )
    store.change(session, status="complete", setup_intent=setup["id"])
    store.happened("checkout.session.completed", session)
    return session


def decline(session_id: str) -> Raw:
    """The bank declines; the page stays open for another try.

    Raises:
        Missing, PageOver
    """
    session = _open(session_id)
    if session["mode"] == "payment":
        method = _method(session, "0002")
        intent = make_intent(
            session["customer"],
            session["amount_total"],
            method,
            metadata=session["intent_metadata"],
            problem="card_declined",
        )
        store.change(session, declined=True, last_declined=intent["id"])
    return session


def abandon(session_id: str) -> Raw:
    """The payer leaves, and the page's time passes.

    Raises:
        Missing, PageOver
    """
    return _expire(_open(session_id))


def expire_if_over(session: Raw) -> Raw:
    """The session, expired where its time has passed."""
    over = session["status"] == "open" and clock.now().timestamp() > session["expires_at"]
    return _expire(session) if over else session


def make_intent(customer: str, amount: int, method: Raw, *, metadata: dict[str, str], problem: str | None) -> Raw:
    """A payment that succeeded, or was declined for that problem."""
    intent = store.make(
        "payment_intent",
        customer=customer,
        amount=amount,
        amount_received=0 if problem else amount,
        currency="cny",
        status="requires_payment_method" if problem else "succeeded",
        payment_method=None if problem else method["id"],
        payment_method_types=[method["type"]],
        last_payment_error={"code": "card_declined", "decline_code": problem} if problem else None,
        metadata=metadata,
    )
    store.happened("payment_intent.payment_failed" if problem else "payment_intent.succeeded", intent)
    return intent


def make_refund(intent: Raw, amount: int, *, metadata: dict[str, str]) -> Raw:
    """A refund: at once for cards."""
    refund = store.make(
        "refund",
        customer=intent["customer"],
        amount=amount,
        currency="cny",
        payment_intent=intent["id"],
        status="succeeded",
        metadata=metadata,
    )
    store.happened("refund.created", refund)
    return refund


def refuse_refund(refund_id: str) -> Raw:
    """The payer's bank sends a refund back.

    Raises:
        Missing
    """
    refund = store.change(store.hold(refund_id, "refund"), status="failed", failure_reason="lost_or_stolen_card")
    store.happened("refund.failed", refund)
    return refund


def problem_of(method: Raw) -> str | None:
    """What the bank says when this saved card is charged."""
    return CARDS.get(method["card"]["last4"])


def _open(session_id: str) -> Raw:
    session = open_session(session_id)
    if session["status"] != "open":
        raise PageOver
    return session


def _expire(session: Raw) -> Raw:
    store.change(session, status="expired")
    store.happened("checkout.session.expired", session)
    return session


def _method(session: Raw, last4: str) -> Raw:
    kind = session["payment_method_types"][0]
    details: dict[str, Any] = {"type": _METHODS[kind]}
    if kind == "card":
        details["card"] = {"brand": "visa", "last4": last4, "exp_month": 12, "exp_year": clock.today().year + 3}
    return store.make("payment_method", **details, metadata={})
