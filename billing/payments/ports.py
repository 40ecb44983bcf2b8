"""What the payments ask of a payment service, in their own words. Amounts are whole fen of CNY."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from billing.payments.domain import AttemptState


class Unreached(Exception):
    """No answer, or one that says nothing: it may have been done, or not."""


class Busy(Exception):
    """The service took too many requests: this one was not done and may be asked again."""


class Rejected(Exception):
    """The service says that it did not do it, and will not. The argument is its code."""


class NotGenuine(Exception):
    """A message that the service did not sign, or signed long ago."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A page of the service where the payer goes on."""

    session_id: str
    url: str


@dataclass(frozen=True, slots=True)
class Intent:
    """A payment. ``amount_fen`` is what was received; ``attempt`` what we called it, if it is ours."""

    id: str
    state: AttemptState
    amount_fen: int
    currency: str
    customer_id: str
    attempt: UUID | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A card that the owner left with the service. We never see its number."""

    id: str
    customer_id: str
    brand: str
    last4: str
    exp_year: int
    exp_month: int


@dataclass(frozen=True, slots=True)
class Session:
    """A payer's visit to the service's page, with what came of it."""

    id: str
    state: AttemptState
    customer_id: str
    attempt: UUID | None
    intent: Intent | None = None
    card: Card | None = None


@dataclass(frozen=True, slots=True)
class Refunded:
    """Money on its way back to who paid it."""

    id: str
    intent_id: str
    state: AttemptState
    amount_fen: int
    attempt: UUID | None
    problem: str = ""


Found = Session | Intent | Refunded


@dataclass(frozen=True, slots=True)
class Notice:
    """A message of the service: something happened to that object. What, is asked, not believed."""

    id: str
    type: str
    object_id: str
    created_at: datetime


class PaymentGateway(Protocol):
    """A payment service. No call is made inside a database transaction.

    Every verb that makes something is given a key made before the call: asking again with it does nothing twice.
    Every verb may raise ``Unreached``, ``Busy`` and ``Rejected``.
    """

    def ensure_customer(self, *, key: UUID, name: str, email: str) -> str:
        """The chain as the service knows it; its id there."""

    def start_topup(
        self, *, key: UUID, customer_id: str, amount_fen: int, method: str, until: datetime, back: str, language: str
    ) -> Opened:
        """Open a page where the owner pays; ``back`` is where it returns to, paid or not."""

    def start_card_setup(self, *, key: UUID, customer_id: str, until: datetime, back: str, language: str) -> Opened:
        """Open a page where the owner leaves a card."""

    def charge_saved(self, *, key: UUID, customer_id: str, card_id: str, amount_fen: int) -> Intent:
        """Charge a saved card without the owner; a decline is an answer (``FAILED``), not an error."""

    def refund(self, *, key: UUID, intent_id: str, amount_fen: int) -> Refunded:
        """Send back so much of a payment."""

    def fetch(self, object_id: str) -> Found | None:
        """The object as it is now; None where the service knows none."""

    def find_session(self, *, key: UUID, customer_id: str, since: datetime) -> Session | None:
        """The page that was opened under this key, if there is one."""

    def find_intent(self, *, key: UUID, customer_id: str, since: datetime) -> Intent | None:
        """The charge that was made under this key, if there is one."""

    def find_refund(self, *, key: UUID, intent_id: str) -> Refunded | None:
        """The refund that was made under this key, if there is one."""

    def remove_card(self, card_id: str) -> None:
        """Have the service forget a card."""

    def verify_webhook(self, *, body: bytes, signature: str) -> Notice:
        """A message that was sent to us.

        Raises:
            NotGenuine
        """

    def list_events(self, *, since: datetime) -> Iterator[Notice]:
        """Every message since then, sent or lost, the newest first."""
