"""The simulated service, its payers and our workers, moved step by step."""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from django.test import Client

from billing.accounts import queries as accounts
from billing.accounts.domain import AccountStanding, Debit
from billing.accounts.services import debit_many
from billing.payments import services
from billing.payments.domain import AttemptKind, EventState, Method
from billing.payments.errors import PaymentRefused, PaymentsUnavailable
from billing.payments.models import UNENDED, Attempt, PaymentCustomer, PaymentEvent, SavedCard
from billing.simulator import delivery, paying
from billing.simulator.models import SimulatedEvent, SimulatedObject, Switches
from kernel import clock
from kernel.db import in_public
from kernel.ids import uuid7
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM, Actor, UserKind
from tenants.people.models import User
from tests import cast

# Past every pause there is before a look, and past the hours that a page lasts.
_PAUSES = [timedelta(minutes=minutes) for minutes in (0, 2, 15, 61, 61, 61)]


class Town:
    """One chain and everything around its payments."""

    def __init__(self, shop: Chain) -> None:
        self.shop = shop
        self.owner = Actor(kind="owner", id=shop.owner_id, name="沈知远")
        self.now = clock.now()
        self._postman = Client(headers={"host": cast.host(None)})

    # ── What people do ────────────────────────────────────────────────────────────────────────────────────────────

    def top_up(self, fen: int = 10_000, method: Method = Method.ALIPAY, attempt_id: UUID | None = None) -> Attempt:
        """The owner asks for a payment page; the attempt, whether or not he got one."""
        attempt_id = attempt_id or uuid7()
        with suppress(PaymentsUnavailable, PaymentRefused):
            services.start_top_up(
                actor=self.owner, chain_id=self.shop.pk, attempt_id=attempt_id, amount_fen=fen, method=method,
                back="http://localhost/back/", language="zh-hans",
            )  # fmt: skip
        return self.attempt(attempt_id)

    def pay(self, attempt: Attempt) -> None:
        """The payer pays on the page."""
        with in_public():
            paying.pay(attempt.object_id)

    def save_card(self, last4: str = "4242") -> SavedCard:
        """The owner leaves a card; it is known at once."""
        attempt = services.start_card_setup(
            actor=self.owner, chain_id=self.shop.pk, attempt_id=uuid7(), back="http://localhost/", language="en"
        )
        with in_public():
            paying.leave_card(attempt.object_id, last4)
        services.look_at(attempt.pk, at_once=True)
        with in_public():
            return SavedCard.objects.get(chain=self.shop, last4=last4)

    def automatic(self, card: SavedCard, *, threshold: int = 5_000, fen: int = 20_000) -> None:
        """The owner sets a standing order."""
        with in_public():
            services.set_auto_top_up(
                actor=self.owner, chain_id=self.shop.pk, enabled=True, threshold_fen=threshold, amount_fen=fen,
                saved_card_id=card.pk,
            )  # fmt: skip

    def use(self, fen: int, key: str) -> None:
        """The chain is charged for what it uses."""
        with in_public():
            debit_many([Debit(self.shop.pk, fen, key, "MODULE_MONTH", SYSTEM, clock.now(), True)])

    def clerk(self) -> Actor:
        """One of the platform's staff."""
        with in_public():
            user, _ = User.objects.get_or_create(
                username="li", defaults={"email": "li@kayun.cn", "name": "李", "kind": UserKind.PLATFORM}
            )
        return Actor(kind="platform", id=user.pk, name=user.name)

    # ── What machines do ──────────────────────────────────────────────────────────────────────────────────────────

    def deliver(self) -> int:
        """The service sends its messages to our address."""
        return delivery.deliver_due(self._send)

    def work(self) -> None:
        """Our worker's timer strikes once."""
        services.process_due()
        services.look_at_due()
        services.charge_due()

    def rest(self) -> None:
        """Everything goes on until nothing is left to do, the clock moving a few hours meanwhile."""
        for pause in _PAUSES:
            self.now += pause
            with clock.frozen(self.now):
                self.deliver()
                self.work()
            if self._all_is_quiet():
                break
        with clock.frozen(self.now):
            services.reconcile()
            self.work()

    def _all_is_quiet(self) -> bool:
        with in_public():
            return not (
                Attempt.objects.filter(state__in=UNENDED).exists()
                or PaymentEvent.objects.filter(state=EventState.WAITING).exists()
                or SimulatedEvent.objects.filter(settled=False).exists()
            )

    def _send(self, body: bytes, signature: str) -> bool:
        answer = self._postman.post(
            delivery.WEBHOOK_PATH, body, content_type="application/json", headers={"Stripe-Signature": signature}
        )
        return answer.status_code == 200

    def switch(self, **faults: object) -> None:
        """Have things go wrong."""
        with in_public():
            Switches.objects.update_or_create(pk=1, defaults=faults)

    # ── What is true afterwards ───────────────────────────────────────────────────────────────────────────────────

    def attempt(self, attempt_id: UUID) -> Attempt:
        """An attempt as it stands."""
        with in_public():
            return Attempt.objects.get(pk=attempt_id)

    def state(self, attempt: Attempt) -> str:
        """Where an attempt stands."""
        return self.attempt(attempt.pk).state

    def last(self, kind: AttemptKind) -> Attempt:
        """The latest attempt of a kind."""
        with in_public():
            return Attempt.objects.filter(kind=kind).order_by("-created_at")[0]

    @property
    def standing(self) -> AccountStanding:
        """The chain's account."""
        with in_public():
            return accounts.standing_of(self.shop.pk)

    def credited(self) -> int:
        """What came in by payments, less what went back, by the ledger: in fen."""
        with in_public():
            lines = accounts.entries_of(self.shop.pk, limit=500)
        return sum(line.amount_fen for line in lines if line.kind.startswith("CHAIN_"))

    def received(self) -> int:
        """What the service holds for us: its succeeded payments less its refunds, in fen."""
        with in_public():
            customer = PaymentCustomer.objects.filter(pk=self.shop.pk).values_list("customer_id", flat=True).first()
            kinds = ("payment_intent", "refund")
            objects = list(SimulatedObject.objects.filter(kind__in=kinds, customer=customer or "-"))
        paid = sum(one.data["amount_received"] for one in objects if one.kind == "payment_intent")
        back = sum(one.data["amount"] for one in objects if one.kind == "refund" and one.data["status"] != "failed")
        return paid - back

    def open_ends(self) -> list[Attempt]:
        """Attempts that are not over."""
        with in_public():
            return list(Attempt.objects.filter(chain=self.shop, state__in=UNENDED))

    def events(self, state: EventState | None = None) -> int:
        """How many messages were kept."""
        with in_public():
            found = PaymentEvent.objects.all()
            return (found.filter(state=state) if state else found).count()
