"""The part of Stripe's interface that the product uses, answered from our own database."""

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from billing.simulator import paying, store
from billing.simulator.models import SimulatedAnswer, SimulatedEvent
from billing.simulator.store import Missing, Raw
from billing.simulator.wire import decode
from kernel import clock

Answer = tuple[int, Raw]
Params = Mapping[str, Any]

MINIMUM_FEN: Final = 400
_ROUTES: list[tuple[str, re.Pattern[str], Callable[..., Answer]]] = []


class Refused(Exception):
    """An error in Stripe's words."""

    def __init__(self, status: int, *, kind: str = "invalid_request_error", **error: Any) -> None:
        super().__init__(error.get("code"))
        self.answer: Answer = (status, {"error": {"type": kind, **error}})


def answer(method: str, path: str, query: str, form: str, key: str | None) -> Answer:
    """What Stripe would answer. A key that was answered before is answered the same again. Requires a transaction."""
    asked = hashlib.sha256(f"{method} {path} {form}".encode()).hexdigest()
    if key:
        known = SimulatedAnswer.objects.filter(key=key).first()
        if known is not None and known.asked != asked:
            return Refused(400, kind="idempotency_error", message="Keys are used with the same parameters.").answer
        if known is not None:
            return known.status, known.body
    try:
        status, body = _route(method, path, decode(form if method == "post" else query))
    except Refused as refusal:
        status, body = refusal.answer
    except Missing as missing:
        error = {"type": "invalid_request_error", "code": "resource_missing", "message": f"No such object: {missing}"}
        status, body = 404, {"error": error}
    if key:
        SimulatedAnswer.objects.create(key=key, asked=asked, status=status, body=body)
    return status, body


def _route(method: str, path: str, params: Params) -> Answer:
    for verb, pattern, handler in _ROUTES:
        match = pattern.fullmatch(path)
        if verb == method and match:
            return handler(params, **match.groupdict())
    raise Refused(404, code="unknown_url", message=f"Unrecognized request URL ({method} {path})")


def _at(verb: str, path: str) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
    pattern = re.compile("/v1/" + re.sub(r"<(\w+)>", r"(?P<\1>[\\w]+)", path))

    def decorate(handler: Callable[..., Answer]) -> Callable[..., Answer]:
        _ROUTES.append((verb, pattern, handler))
        return handler

    return decorate


@_at("post", "customers")
def _make_customer(params: Params) -> Answer:
    return 200, store.make("customer", name=params.get("name"), email=params.get("email"), metadata=_metadata(params))


@_at("post", "checkout/sessions")
def _make_session(params: Params) -> Answer:
    customer = store.get(params["customer"], "customer")["id"]
    amount = None
    if params["mode"] == "payment":
        price = params["line_items"][0]["price_data"]
        amount = int(price["unit_amount"]) * int(params["line_items"][0]["quantity"])
        _check_amount(amount, price["currency"])
    until = int(params["expires_at"])
    now = clock.now()
    if not now + timedelta(minutes=29) < clock.from_timestamp(until) <= now + timedelta(hours=25):
        raise Refused(400, code="expires_at_invalid", param="expires_at", message="30 minutes to 24 hours from now.")
    session = store.make(
        "checkout.session",
        customer=customer,
        mode=params["mode"],
        status="open",
        payment_status="unpaid" if amount else "no_payment_required",
        amount_total=amount,
        currency="cny" if amount else None,
        payment_method_types=list(params["allowed_payment_method_types"]),
        payment_intent=None,
        setup_intent=None,
        expires_at=until,
        success_url=params["success_url"],
        cancel_url=params["cancel_url"],
        metadata=_metadata(params),
        intent_metadata=_metadata(params.get("payment_intent_data", {})),
    )
    return 200, store.change(session, url=paying.page_of(session["id"]))


@_at("get", "checkout/sessions")
def _list_sessions(params: Params) -> Answer:
    return 200, _page("/v1/checkout/sessions", store.listed("checkout.session", customer=params["customer"]), params)


@_at("get", "checkout/sessions/<code>")
def _get_session(params: Params, code: str) -> Answer:
    return 200, _expanded(paying.expire_if_over(store.hold(code, "checkout.session")), params)


@_at("post", "payment_intents")
def _charge(params: Params) -> Answer:
    customer = store.get(params["customer"], "customer")["id"]
    method = store.get(params["payment_method"], "payment_method")
    if method.get("customer") != customer:
        raise Refused(400, code="payment_method_customer_mismatch", message="The card is not this customer's.")
    amount = int(params["amount"])
    _check_amount(amount, params["currency"])
    problem = paying.problem_of(method)
    intent = paying.make_intent(customer, amount, method, metadata=_metadata(params), problem=problem)
    if problem is None:
        return 200, intent
    code = "authentication_required" if problem == "authentication_required" else "card_declined"
    error = {"code": code, "decline_code": problem, "message": "Declined.", "payment_intent": intent}
    raise Refused(402, kind="card_error", **error)


@_at("get", "payment_intents")
def _list_intents(params: Params) -> Answer:
    return 200, _page("/v1/payment_intents", store.listed("payment_intent", customer=params["customer"]), params)


@_at("get", "payment_intents/<code>")
def _get_intent(params: Params, code: str) -> Answer:
    return 200, store.get(code, "payment_intent")


@_at("post", "payment_methods/<code>/detach")
def _detach(params: Params, code: str) -> Answer:
    return 200, store.change(store.hold(code, "payment_method"), customer=None)


@_at("post", "refunds")
def _make_refund(params: Params) -> Answer:
    intent = store.hold(params["payment_intent"], "payment_intent")
    amount = int(params["amount"])
    sent = sum(
        one["amount"]
        for one in store.listed("refund", customer=intent["customer"])
        if one["payment_intent"] == intent["id"] and one["status"] != "failed"
    )
    if amount <= 0 or sent + amount > intent["amount_received"]:
        raise Refused(400, code="charge_already_refunded", message="More than is left of the payment.")
    refund = paying.make_refund(intent, amount, metadata=_metadata(params))
    return 200, refund


@_at("get", "refunds")
def _list_refunds(params: Params) -> Answer:
    found = [one for one in store.listed("refund") if one["payment_intent"] == params["payment_intent"]]
    return 200, _page("/v1/refunds", found, params)


@_at("get", "refunds/<code>")
def _get_refund(params: Params, code: str) -> Answer:
    return 200, store.get(code, "refund")


@_at("get", "events")
def _list_events(params: Params) -> Answer:
    found = SimulatedEvent.objects.filter(
        created_at__gte=clock.from_timestamp(int(params["created"]["gte"])), type__in=params["types"]
    )
    return 200, _page("/v1/events", [event_body(event) for event in found.order_by("-pk")], params)


def event_body(event: SimulatedEvent) -> Raw:
    """An event as it is sent and listed."""
    return {
        "id": event.code,
        "object": "event",
        "type": event.type,
        "created": int(event.created_at.timestamp()),
        "livemode": False,
        "pending_webhooks": 0 if event.settled else 1,
        "data": {"object": event.data},
    }


def _check_amount(amount: int, currency: str) -> None:
    if currency != "cny":
        raise Refused(400, code="currency_unsupported", param="currency", message="Only CNY is simulated.")
    if amount < MINIMUM_FEN:
        raise Refused(400, code="amount_too_small", param="amount", message="Below the minimum.")


def _metadata(params: Params) -> dict[str, str]:
    return dict(params.get("metadata") or {})


def _expanded(session: Raw, params: Params) -> Raw:
    shown = dict(session)
    asked = params.get("expand", [])
    if "payment_intent" in asked and shown["payment_intent"]:
        shown["payment_intent"] = store.get(shown["payment_intent"])
    if "setup_intent.payment_method" in asked and shown["setup_intent"]:
        setup = store.get(shown["setup_intent"])
        shown["setup_intent"] = {**setup, "payment_method": store.get(setup["payment_method"])}
    return shown


def _page(url: str, found: list[Raw], params: Params) -> Raw:
    since = int((params.get("created") or {}).get("gte", 0))
    found = [one for one in found if one["created"] >= since]
    after = params.get("starting_after")
    if after:
        codes = [one["id"] for one in found]
        found = found[codes.index(after) + 1 :] if after in codes else []
    size = int(params.get("limit", 10))
    return {"object": "list", "url": url, "has_more": len(found) > size, "data": found[:size]}
