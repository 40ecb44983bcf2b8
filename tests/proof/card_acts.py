"""Every act on a card or its holder, by its own service."""

from collections.abc import Callable
from datetime import date
from typing import Any

from kernel import clock
from membership.cards import services as cards
from membership.cards.domain import NumberRange, Shown
from membership.cards.models import Card
from membership.cards.services.destroying import destroy_cards
from membership.cards.services.transferring import transfer_card
from membership.documents import services as documents
from membership.expiry.models import DormantCard
from membership.expiry.services import daily, dormancy
from membership.members.services import create_member, erase_member, merge_members
from tests.proof.driving import Answer, Driving


class CardActs(Driving):
    """What is done with cards and people."""

    def make_card(self, *, gift: bool = False) -> str:
        """An idle card; its number."""
        numbers = NumberRange(prefix="77", first=next(self.serials), quantity=1)
        type_code = "GIFT" if gift else "ORDINARY"
        made, _ = self.do(
            "make",
            lambda: cards.make_cards(actor=self.clerk, level_code="GOLD", numbers=numbers, type_code=type_code),
        )
        return str(made.first)

    def issue(self, number: str, *, holder: str = "new", activate: bool, pending: bool = False) -> str | None:
        """Give it to a new member (``holder`` "new"), to nobody (""), or to the member of another card (its number)."""

        def act() -> str:
            issued = cards.issue_card(
                actor=self.clerk, number=number, member=self._member(holder), store_id=self.store_id, activate=activate,
                payment_pending=pending,
            )  # fmt: skip
            return issued.pin

        pin, code = self.do("issue", act)
        if pin:
            self.pins[number] = pin
        return code

    def step(self, name: str, number: str) -> str | None:
        """One of the acts on a card's state, by its service's name."""
        service = getattr(cards, name)
        return self.do(name, lambda: service(actor=self.clerk, number=number, store_id=self.store_id))[1]

    def set_locked(self, number: str, *, locked: bool) -> str | None:
        """Lock or unlock."""
        return self._on(number, "set_locked", lambda **at: cards.set_locked(locked=locked, **at))

    def destroy(self, numbers: list[str]) -> str | None:
        """By a paper that witnesses have signed."""

        def act() -> int:
            ids = list(Card.objects.filter(number__in=numbers).values_list("pk", flat=True))
            return destroy_cards(actor=self.clerk, card_ids=ids, store_id=self.store_id, document="proof")

        return self.do("destroy_cards", act)[1]

    def adjust_account_expiry(self, number: str, until: date) -> str | None:
        """Another end of the card's account."""
        return self.do(
            "adjust_account_expiry",
            lambda: cards.adjust_account_expiry(
                actor=self.clerk, numbers=[number], until=until, store_id=self.store_id
            ),
        )[1]

    def succeed(self, name: str, number: str, new_number: str, *, fee_from_card: bool) -> str | None:
        """A reissue or a replacement."""
        service = getattr(cards, name)
        done, code = self.do(
            name,
            lambda: service(
                actor=self.clerk, number=number, new_number=new_number, store_id=self.store_id,
                fee_from_card=fee_from_card,
            ),
        )  # fmt: skip
        if done:
            self.pins[new_number] = done.issued.pin
        return code

    def make_over(self, number: str, new_number: str, *, holder: str) -> str | None:
        """To a new member (``holder`` "new") or to the member of another card (its number)."""

        def act() -> Any:
            return transfer_card(
                actor=self.clerk,
                number=number,
                new_number=new_number,
                to=self._member(holder),
                store_id=self.store_id,
                shown=Shown(),
            )

        done, code = self.do("transfer_card", act)
        if done:
            self.pins[new_number] = done.issued.pin
        return code

    def _member(self, holder: str) -> Any:
        if holder == "new":
            return create_member(actor=self.clerk, name="林静", phone="13900001234", store_id=self.store_id)
        return Card.objects.get(number=holder).member if holder else None

    def try_pin(self, number: str, *, right: bool) -> Answer:
        """At a till; no card has the wrong one."""
        pin = self.pins.get(number, "") if right else "000000"
        return self.do(
            "check_till_pin",
            lambda: cards.check_till_pin(actor=self.clerk, number=number, pin=pin, store_id=self.store_id),
        )

    def reset_pin(self, number: str) -> str | None:
        """A new one at random."""
        version = self.look(lambda: Card.objects.values_list("pin_version", flat=True).get(number=number))
        issued, code = self.do(
            "reset_pin",
            lambda: cards.reset_pin(actor=self.clerk, number=number, store_id=self.store_id, pin_version=version),
        )
        if issued:
            self.pins[number] = issued.pin
        return code

    def merge(self, gone: str, stays: str) -> str | None:
        """The members of two cards become one."""
        codes = self._codes(gone, stays)
        return self.do(
            "merge_members",
            lambda: merge_members(
                actor=self.clerk, source_code=codes[gone], target_code=codes[stays], reason="proof",
                store_id=self.store_id,
            ),
        )[1]  # fmt: skip

    def erase(self, number: str) -> str | None:
        """Forget who held the card."""
        code = self._codes(number)[number]
        return self.do(
            "erase_member",
            lambda: erase_member(actor=self.clerk, code=code, reason="proof", store_id=self.store_id),
        )[1]

    def _codes(self, *numbers: str) -> dict[str, str]:
        found = Card.objects.filter(number__in=numbers)
        return dict(self.look(lambda: list(found.values_list("number", "member__code"))))

    # ── Cards that sleep ─────────────────────────────────────────────────────────────────────────────────────────

    def list_dormant(self) -> Answer:
        """The list of dormant cards, from its draft to its approval by another; its number."""

        def act() -> str:
            number = dormancy.prepare_list(actor=self.clerk).number
            documents.submit(actor=self.clerk, number=number)
            documents.approve(actor=self.office, number=number)
            return number

        return self.do("list_dormant", act)

    def give_up_list(self, number: str) -> str | None:
        """The approval is taken back and the list cancelled."""

        def act() -> None:
            documents.unapprove(actor=self.office, number=number, reason="proof")
            documents.cancel(actor=self.clerk, number=number, reason="proof")

        return self.do("give_up_list", act)[1]

    def waiting_dormant(self) -> set[str]:
        """The cards whose notice runs."""
        waiting = DormantCard.objects.filter(state="NOTIFIED").values_list("card__number", flat=True)
        return set(self.look(lambda: list(waiting)))

    def reopen(self, number: str) -> str | None:
        """A dormant card's holder has come."""
        return self._on(number, "reopen", lambda **at: dormancy.reopen(verified_by="ID", **at))

    def midnight(self) -> None:
        """The chain's daily run; what it did is counted by name."""
        with clock.frozen(self.now):
            for name, count in daily.run(self.chain.schema_name).items():
                self.reached["midnight", name] += count

    def _on(self, number: str, name: str, act: Callable[..., Any]) -> str | None:
        return self.do(name, lambda: act(actor=self.clerk, number=number, store_id=self.store_id))[1]
