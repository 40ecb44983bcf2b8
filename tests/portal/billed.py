"""What the platform holds of a chain, added row by row, so that the owner's console and the platform's own pages have
something to show: one of each, a few, or many.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from billing.accounts.domain import Contra
from billing.accounts.models import Adjustment, AdjustmentDecision
from billing.accounts.services import credit
from billing.invoices.models import Invoice, InvoicedStatement, InvoiceTitle
from billing.payments.models import Attempt, PaymentEvent, SavedCard
from billing.statements.models import Statement
from billing.subscriptions.models import Charge
from billing.subscriptions.services import begin_missing
from kernel import clock
from kernel.calendar import add_months
from kernel.ids import uuid7
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM, UserKind
from tenants.people.models import User
from tests import cast

_FIRST_MONTH = date(2020, 1, 1)
_SUMS = (
    "opening_prepaid_fen", "opening_arrears_fen", "refunded_fen", "adjusted_fen", "charged_fen", "closing_arrears_fen",
    "prepaid_from", "prepaid_to", "arrears_from", "arrears_to",
)  # fmt: skip


class Billed:
    """A chain in use to whose account rows of everything are added. Each call is in public's open transaction."""

    def __init__(self, chain: Chain) -> None:
        self.chain, self.rows = chain, 0
        self.staff = [
            User.objects.create(username=f"office{n}", email=f"office{n}@kayun.cn", name="办", kind=UserKind.PLATFORM)
            for n in (1, 2)
        ]
        self._credit(10_000_000, "filled-first")
        begin_missing()
        self.names: dict[str, str] = {"month": f"{add_months(_FIRST_MONTH, 1):%Y-%m}"}

    def up_to(self, rows: int) -> None:
        """Add rows until there are so many of each."""
        while self.rows < rows:
            self.rows += 1
            self._account(self.rows)
            self._months(self.rows)
            self._office(self.rows)

    def _credit(self, fen: int, key: str) -> None:
        credit(
            chain_id=self.chain.pk, amount_fen=fen, key=key, source=Contra.CASH_STRIPE, actor=SYSTEM,
            occurred_at=clock.now(),
        )  # fmt: skip

    def _account(self, n: int) -> None:
        """Money that came, and the card it may come from; a line of a bill."""
        now = clock.now()
        self._credit(1_000 + n, f"filled-{n}")
        SavedCard.objects.create(
            chain=self.chain, card_id=f"pm_{n}", brand="unionpay", last4=f"{n:04}", exp_year=2099, exp_month=1,
            added_at=now,
        )  # fmt: skip
        paid = Attempt.objects.create(
            id=uuid7(), chain=self.chain, kind="TOP_UP", state="SUCCEEDED", amount_fen=1_000 + n, method="ALIPAY",
            object_id=f"cs_{n}", intent_id=f"pi_{n}", actor="owner:1", created_at=now, due_at=now, ended_at=now,
        )  # fmt: skip
        self.names.setdefault("payment", str(paid.pk))
        today = clock.today()
        Charge.objects.create(
            chain=self.chain, key=f"filled-{n}", kind="MONTH", module=1, plan="A", book="2026-01", period_start=today,
            period_end=today + timedelta(days=30), price_fen=100, amount_fen=100, charged_on=today, charged_at=now,
            posting_id=uuid7(),
        )  # fmt: skip

    def _months(self, n: int) -> None:
        """A month that is stated, and an invoice asked for it."""
        now, nothing = clock.now(), dict.fromkeys(_SUMS, 0)
        month = Statement.objects.create(
            chain=self.chain, month=add_months(_FIRST_MONTH, n), topped_up_fen=n, closing_prepaid_fen=n, made_at=now,
            **nothing,
        )  # fmt: skip
        title: Mapping[str, str] = {"name": f"云杉{n}", "tax_number": f"{n:018}", "email": "bill@example.cn"}
        InvoiceTitle.objects.create(chain=self.chain, **title)
        invoice = Invoice.objects.create(chain=self.chain, amount_fen=n, requested_at=now, **title)
        InvoicedStatement.objects.create(invoice=invoice, statement=month, amount_fen=n)

    def _office(self, n: int) -> None:
        """What waits for the platform's staff, what they decided, and another chain of the same owner."""
        now, (one, other) = clock.now(), self.staff
        PaymentEvent.objects.create(
            event_id=f"evt_{n}", type="payment_intent.succeeded", object_id="pi_none", occurred_at=now, received_at=now,
            due_at=now, state="ATTENTION", problem="not_ours",
        )  # fmt: skip
        asked = [
            Adjustment.objects.create(
                chain=self.chain, amount_fen=n, reason=f"多扣 {n}", requested_by=one, requested_at=now
            )
            for _ in range(2)
        ]
        AdjustmentDecision.objects.create(
            adjustment=asked[1], requested_by=one, decided_by=other, approved=False, note="已退", decided_at=now
        )
        cast.request(f"more{n}", owner=self.chain.owner)
