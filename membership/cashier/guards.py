"""What must hold of a card while its account is locked: read in the ledger's own trip, decided in Python.

Tills lock no card. Whoever changes a card's state holds its account (``cards.locks.lock_value``), so what is read here
after the account's lock is how the card stands until the posting commits.
"""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from kernel.clock import CHINA
from kernel.errors import DomainError
from kernel.money import Money
from ledger.domain import Guard
from membership.cards.domain import CardStanding, refusal
from membership.cards.errors import PinRequired, not_usable
from membership.cards.policy import PinProof, pin_asked, pin_free_fen
from membership.cashier.domain import NO_MEMBER, CardRef, MemberAccounts, Occasion, PointsFacts, Row
from membership.cashier.errors import OverCap, TopUpNotAllowed, VehicleMismatch
from membership.cashier.tender import Served
from membership.vehicles.domain import tidy_plate

_STANDING = """
    SELECT card.id, card.number, card.stored_account_id, card.status, card.locked, card.valid_until,
        card.account_valid_until, card.points_account_id, card.member_id, card.level_id,
        type.earns_points, card.bound_vehicle_id, vehicle.plate, vehicle.vin, card.pin_version, type.use_by,
        COALESCE(NULLIF(type.pin_ask, ''), rules.pin_ask),
        CASE type.pin_ask WHEN '' THEN rules.pin_above_fen ELSE type.pin_above_fen END
    FROM {schema}.cards_card AS card
    JOIN {schema}.cards_cardtype AS type ON type.id = card.type_id
    JOIN {schema}.cards_cardrules AS rules ON rules.id = 1
    LEFT JOIN {schema}.vehicles_vehicle AS vehicle ON vehicle.id = card.bound_vehicle_id
    WHERE card.id = ANY ($1::bigint[])"""

_STANDING_AND_CAP = """
    SELECT card.id, card.number, card.stored_account_id, card.status, card.locked, card.valid_until,
        card.account_valid_until, account.balance, LEAST(level.balance_cap_fen, type.balance_cap_fen),
        type.top_up_allowed OR account.version = 0
    FROM {schema}.cards_card AS card
    JOIN {schema}.cards_cardtype AS type ON type.id = card.type_id
    JOIN {schema}.cards_cardlevel AS level ON level.id = card.level_id
    JOIN {schema}.ledger_account AS account ON account.id = card.stored_account_id
    WHERE card.id = ANY ($1::bigint[])"""

_HOLDER = """
    SELECT card.id, card.member_id, member.erased_at
    FROM {schema}.cards_card AS card JOIN {schema}.members_member AS member ON member.id = card.member_id
    WHERE card.id = ANY ($1::bigint[])"""


class StaleCard(DomainError):
    """A remembered card is no longer the card of that number (its chain was made anew): look it up again."""

    code = "card_stale"
    status = 409
    message = _("会员卡信息已更新，请重试。未作任何更改。")


class Taken(NamedTuple):
    """What is taken of a card, in fen, and what proves that its holder knows of it."""

    fen: int
    proof: PinProof | None


def may_spend(
    card: CardRef,
    occasion: Occasion,
    member: MemberAccounts = NO_MEMBER,
    *,
    served: Served | None = None,
    taken: Taken | None = None,
) -> Guard:
    """The card may be used on the day of the act (R-C04), and still belongs to the member whose accounts pay.

    With ``served`` given, a card that is bound to a vehicle serves that vehicle only (R-B15, R-B16, R-C08). With
    ``taken`` given, its PIN is proved where its type or the chain's rule asks for it (X-16): read with all else, so
    that a card which asks for none costs nothing.
    """
    day = _day(occasion)

    def check(row: Row | None) -> DomainError | None:
        if row is not None and card.points_account_id and row[7] != card.points_account_id:
            return StaleCard()
        if row is not None and member.member_id and row[8] != member.member_id:
            return StaleCard()
        problem = _problem(card, row, day)
        if problem is None and row is not None and served is not None and not _serves(row, served):
            return VehicleMismatch(card_number=card.number)
        if problem is None and row is not None and taken is not None and not _is_proved(row, taken):
            return PinRequired(card_number=card.number)
        return problem

    return Guard(sql=_STANDING, subject=card.card_id, check=check)


def may_pay_debt(card: CardRef, occasion: Occasion, member: MemberAccounts, *, taken: Taken) -> Guard:
    """What the member paid ahead may pay what she owes, whatever became of the card; while that is in use and hers, its
    PIN is proved where it asks for it.
    """
    day = _day(occasion)

    def check(row: Row | None) -> DomainError | None:
        in_use = row is not None and row[8] == member.member_id and _problem(card, row, day) is None
        return PinRequired(card_number=card.number) if row and in_use and not _is_proved(row, taken) else None

    return Guard(sql=_STANDING, subject=card.card_id, check=check)


def still_hers(card: CardRef, member_id: int) -> Guard:
    """The card still belongs to the member on whose accounts is posted, and her record was not deleted. Its state does
    not matter.
    """

    def check(row: Row | None) -> DomainError | None:
        return None if row is not None and row[1:] == (member_id, None) else StaleCard()

    return Guard(sql=_HOLDER, subject=card.card_id, check=check)


def _serves(row: Row, served: Served) -> bool:
    bound_id, plate, vin = row[11:14]
    if bound_id is None:
        return True
    same_plate = bool(plate) and tidy_plate(served.plate) == plate
    return same_plate or (bool(vin) and served.vin.strip().upper() == vin)


def _is_proved(row: Row, taken: Taken) -> bool:
    pin_version, use_by, ask, above_fen = row[14:18]
    free_fen = pin_free_fen(use_by=use_by, ask=ask, above_fen=above_fen)
    return not pin_asked(free_fen=free_fen, amount_fen=taken.fen) or taken.proof == PinProof(row[0], pin_version)


def points_facts(row: Row) -> PointsFacts:
    """What decides the card's points, from the row of ``may_spend``."""
    return PointsFacts(level_id=row[9], earns=row[10])


def may_receive(card: CardRef, occasion: Occasion, *, total: Money) -> Guard:
    """The card may be used, and ``total`` more does not take it over the cap of its level and its type.

    A card whose type may not be topped up is loaded once: while nothing was ever posted on it.

    The balance is the one before the batch: a batch holds at most one top-up of a card.
    """
    return Guard(sql=_STANDING_AND_CAP, subject=card.card_id, check=_within_cap(card, _day(occasion), total))


def _within_cap(card: CardRef, day: date, total: Money) -> Callable[[Row | None], DomainError | None]:
    def check(row: Row | None) -> DomainError | None:
        problem = _problem(card, row, day)
        if problem is not None or row is None:
            return problem
        if not row[9]:
            return TopUpNotAllowed(card_number=card.number)
        balance, cap = Money(row[7]), Money(row[8])
        if balance + total > cap:
            return OverCap(after=balance + total, cap=cap, room=max(cap - balance, Money.ZERO))
        return None

    return check


def _problem(card: CardRef, row: Row | None, day: date) -> DomainError | None:
    if row is None or row[1:3] != (card.number, card.account_id):
        return StaleCard()
    reason = refusal(CardStanding(status=row[3], locked=row[4], valid_until=row[5], account_valid_until=row[6]), on=day)
    return not_usable(reason, card_number=card.number) if reason else None


def _day(occasion: Occasion) -> date:
    return occasion.occurred_at.astimezone(CHINA).date()
