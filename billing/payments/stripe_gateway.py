"""Stripe behind our words, through its own library; what stands beneath that library (the network, or the simulator) is
the transport's matter.

Facts that shape it: the methods a payer may choose from are ``allowed_payment_method_types``; CNY has two decimals;
Alipay and WeChat Pay need the payer present, so only cards are charged later; the library repeats a request that was
refused for haste (429) only when Stripe says that it may.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

import stripe
from django.db import transaction

from billing.payments.domain import AttemptState, Method
from billing.payments.ports import (
    Busy,
    Found,
    Intent,
    NotGenuine,
    Notice,
    Opened,
    Refunded,
    Rejected,
    Session,
    Unreached,
)
from billing.payments.stripe_objects import intent_of, refund_of, session_of
from kernel import clock

Result = TypeVar("Result")

EVENT_TYPES: Final = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.closed",
)
"""What Stripe is asked to tell us, and what is read from its list."""

_METHODS: Final[Mapping[str, str]] = {
    Method.CARD: "card",
    Method.ALIPAY: "alipay",
    Method.WECHAT_PAY: "wechat_pay",
}
_LANGUAGES: Final = {"zh-hans": "zh", "en": "en"}
_PAGE: Final = 100


class StripeGateway:
    """``ports.PaymentGateway`` over ``StripeClient``."""

    def __init__(self, *, api_key: str, webhook_secret: str, transport: stripe.HTTPClient, repeats: int) -> None:
        self._webhook_secret = webhook_secret
        self._client = stripe.StripeClient(api_key, http_client=transport, max_network_retries=repeats)

    def ensure_customer(self, *, key: UUID, name: str, email: str) -> str:
        def ask() -> str:
            params: stripe.params.CustomerCreateParams = {"name": name, "email": email, "metadata": {"key": str(key)}}
            return self._client.v1.customers.create(params, {"idempotency_key": str(key)}).id

        return _asked(ask)

    def start_topup(
        self, *, key: UUID, customer_id: str, amount_fen: int, method: str, until: datetime, back: str, language: str
    ) -> Opened:
        params: stripe.params.checkout.SessionCreateParams = {
            "mode": "payment",
            "customer": customer_id,
            "allowed_payment_method_types": [_METHODS[method]],
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": "cny",
                        "unit_amount": amount_fen,
                        "product_data": {"name": "卡云 账户充值 Kayun account top-up"},
                    },
                }
            ],
            "metadata": {"attempt": str(key)},
            "payment_intent_data": {"metadata": {"attempt": str(key)}},
            "success_url": back,
            "cancel_url": back,
            "expires_at": int(until.timestamp()),
            "locale": _LANGUAGES.get(language, "auto"),
        }
        if method == Method.WECHAT_PAY:
            params["payment_method_options"] = {"wechat_pay": {"client": "web"}}
        return self._open(params, key)

    def start_card_setup(self, *, key: UUID, customer_id: str, until: datetime, back: str, language: str) -> Opened:
        return self._open(
            {
                "mode": "setup",
                "customer": customer_id,
                "allowed_payment_method_types": ["card"],
                "metadata": {"attempt": str(key)},
                "success_url": back,
                "cancel_url": back,
                "expires_at": int(until.timestamp()),
                "locale": _LANGUAGES.get(language, "auto"),
            },
            key,
        )

    def charge_saved(self, *, key: UUID, customer_id: str, card_id: str, amount_fen: int) -> Intent:
        def ask() -> Intent:
            params: stripe.params.PaymentIntentCreateParams = {
                "amount": amount_fen,
                "currency": "cny",
                "customer": customer_id,
                "payment_method": card_id,
                "allowed_payment_method_types": ["card"],
                "off_session": True,
                "confirm": True,
                # Nobody is there to prove herself to her bank: that is a decline.
                "error_on_requires_action": True,
                "metadata": {"attempt": str(key)},
            }
            try:
                made = self._client.v1.payment_intents.create(params, {"idempotency_key": str(key)})
            except stripe.CardError as error:
                return _declined(error, key, customer_id)
            return intent_of(made.to_dict())

        return _asked(ask)

    def refund(self, *, key: UUID, intent_id: str, amount_fen: int) -> Refunded:
        def ask() -> Refunded:
            params: stripe.params.RefundCreateParams = {
                "payment_intent": intent_id,
                "amount": amount_fen,
                "reason": "requested_by_customer",
                "metadata": {"attempt": str(key)},
            }
            return refund_of(self._client.v1.refunds.create(params, {"idempotency_key": str(key)}).to_dict())

        return _asked(ask)

    def fetch(self, object_id: str) -> Found | None:
        fetchers: Mapping[str, Callable[[str], Found]] = {
            "cs": self._session,
            "pi": self._intent,
            "re": self._refund,
            "pyr": self._refund,
        }
        fetcher = fetchers.get(object_id.partition("_")[0])
        if fetcher is None:
            return None
        try:
            return _asked(lambda: fetcher(object_id))
        except Rejected as refusal:
            if str(refusal) == "resource_missing":
                return None
            raise

    def find_session(self, *, key: UUID, customer_id: str, since: datetime) -> Session | None:
        def ask() -> Session | None:
            listed = self._client.v1.checkout.sessions.list(
                {"customer": customer_id, "created": {"gte": int(since.timestamp())}, "limit": _PAGE}
            )
            found = next((one.id for one in listed.auto_paging_iter() if _is_of(one.to_dict(), key)), None)
            return self._session(found) if found else None

        return _asked(ask)

    def find_intent(self, *, key: UUID, customer_id: str, since: datetime) -> Intent | None:
        def ask() -> Intent | None:
            listed = self._client.v1.payment_intents.list(
                {"customer": customer_id, "created": {"gte": int(since.timestamp())}, "limit": _PAGE}
            )
            found = (one.to_dict() for one in listed.auto_paging_iter())
            return next((intent_of(one) for one in found if _is_of(one, key)), None)

        return _asked(ask)

    def find_refund(self, *, key: UUID, intent_id: str) -> Refunded | None:
        def ask() -> Refunded | None:
            listed = self._client.v1.refunds.list({"payment_intent": intent_id, "limit": _PAGE})
            found = (one.to_dict() for one in listed.auto_paging_iter())
            return next((refund_of(one) for one in found if _is_of(one, key)), None)

        return _asked(ask)

    def remove_card(self, card_id: str) -> None:
        _asked(lambda: self._client.v1.payment_methods.detach(card_id))

    def verify_webhook(self, *, body: bytes, signature: str) -> Notice:
        try:
            event = self._client.construct_event(body.decode(), signature, self._webhook_secret)
            return _notice(event.to_dict())
        except (stripe.SignatureVerificationError, ValueError, KeyError, TypeError) as error:
            raise NotGenuine(type(error).__name__) from error

    def list_events(self, *, since: datetime) -> Iterator[Notice]:
        def ask() -> list[Notice]:
            listed = self._client.v1.events.list(
                {"created": {"gte": int(since.timestamp())}, "types": list(EVENT_TYPES), "limit": _PAGE}
            )
            return [_notice(event.to_dict()) for event in listed.auto_paging_iter()]

        return iter(_asked(ask))

    def _open(self, params: "stripe.params.checkout.SessionCreateParams", key: UUID) -> Opened:
        def ask() -> Opened:
            made = self._client.v1.checkout.sessions.create(params, {"idempotency_key": str(key)})
            return Opened(session_id=made.id, url=made.url or "")

        return _asked(ask)

    def _session(self, session_id: str) -> Session:
        found = self._client.v1.checkout.sessions.retrieve(
            session_id, {"expand": ["payment_intent", "setup_intent.payment_method"]}
        )
        return session_of(found.to_dict())

    def _intent(self, intent_id: str) -> Intent:
        return intent_of(self._client.v1.payment_intents.retrieve(intent_id).to_dict())

    def _refund(self, refund_id: str) -> Refunded:
        return refund_of(self._client.v1.refunds.retrieve(refund_id).to_dict())


def _asked(ask: Callable[[], Result]) -> Result:
    """Ask, outside any transaction, and say in our words what went wrong."""
    if transaction.get_connection().in_atomic_block:
        raise RuntimeError("no payment service is asked inside a database transaction")
    try:
        return ask()
    except stripe.RateLimitError as error:
        raise Busy from error
    except (stripe.APIConnectionError, stripe.APIError) as error:
        raise Unreached(type(error).__name__) from error
    except stripe.StripeError as error:
        raise Rejected(error.code or type(error).__name__) from error


def _declined(error: stripe.CardError, key: UUID, customer_id: str) -> Intent:
    """The payment that the decline is about. Stripe sends it along."""
    body: Any = error.json_body or {}
    made = body.get("error", {}).get("payment_intent")
    code = (error.error.decline_code if error.error else None) or error.code or "card_declined"
    if made:
        return intent_of({**made, "last_payment_error": {"code": error.code, "decline_code": code}})
    return Intent("", AttemptState.FAILED, 0, "cny", customer_id, key, code)


def _is_of(made: Mapping[str, Any], key: UUID) -> bool:
    return (made.get("metadata") or {}).get("attempt") == str(key)


def _notice(event: Mapping[str, Any]) -> Notice:
    return Notice(
        id=event["id"],
        type=event["type"],
        object_id=event["data"]["object"]["id"],
        created_at=clock.from_timestamp(event["created"]),
    )
