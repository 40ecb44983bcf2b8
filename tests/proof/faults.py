"""Faults put into the program one at a time, to see that the model notices each: a proof that cannot fail is none.

A fault is how the program would be if somebody had written one rule wrongly. ``CHEAP`` are tried in every run of the
tests, all of them by ``KAYUN_PROOF_FAULTS=all``.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

import pytest

from ledger.domain import deciding, drawing
from ledger.domain.drawing import DrawPolicy
from membership.cards import domain as card_rules
from membership.cards.services import ending, moving, pin_acts, replacing
from membership.cashier import bonus, giving, guards, points, refunds, returning, services, settling, signing
from membership.cashier import domain as cashier_rules
from membership.cashier import reversing as negative
from membership.cashier.refunds import TakeBack
from membership.expiry import queries as expiry_queries
from membership.expiry.services import daily, dormancy, lots
from membership.expiry.services import points as clearing
from membership.packages import services as packages

Patch = pytest.MonkeyPatch


def _swap(one: DrawPolicy, other: DrawPolicy) -> Callable[[Patch], None]:
    """One order of drawing does what another says."""

    def put(patch: Patch) -> None:
        real = drawing.choose_lots
        patch.setattr(deciding, "choose_lots", lambda policy, *rest: real(other if policy == one else policy, *rest))

    return put


def _lots_as_they_lie(patch: Patch) -> None:
    patch.setattr(drawing, "_by_expiry", lambda lot: (drawing._FOREVER, lot.opened_at, lot.id))


def _odd_fen_to_the_bonus(patch: Patch) -> None:
    real = drawing.apportion
    patch.setattr(drawing, "apportion", lambda amount, weights: real(amount, weights[::-1])[::-1])


def _lots_end(days: int) -> Callable[[Patch], None]:
    """So many days too late, at the till."""

    def put(patch: Patch) -> None:
        real = deciding._is_live
        patch.setattr(deciding, "_is_live", lambda lot, moment: real(lot, moment - timedelta(days=days)))

    return put


def _lots_are_swept(days: int) -> Callable[[Patch], None]:
    """So many days too late, at night."""

    def put(patch: Patch) -> None:
        real = daily.expire_lots
        late = lambda *, moment, after_account: real(moment=moment - timedelta(days=days), after_account=after_account)  # noqa: E731
        patch.setattr(daily, "expire_lots", late)

    return put


def _bonus_ends(days: int) -> Callable[[Patch], None]:
    def put(patch: Patch) -> None:
        real = cashier_rules.bonus_expiry
        late = lambda *given: None if (end := real(*given)) is None else end + timedelta(days=days)  # noqa: E731
        patch.setattr(giving, "bonus_expiry", late)

    return put


def _packages_end(days: int) -> Callable[[Patch], None]:
    """As they are sold."""

    def put(patch: Patch) -> None:
        real = packages.start_of
        patch.setattr(packages, "start_of", lambda day: real(day + timedelta(days=days)))

    return put


def _packages_are_used(days: int) -> Callable[[Patch], None]:
    """So many days beyond their end."""

    def put(patch: Patch) -> None:
        real = packages._drawn
        patch.setattr(packages, "_drawn", lambda product, account, count, occasion: real(
            product, account, count, replace(occasion, occurred_at=occasion.occurred_at - timedelta(days=days))
        ))  # fmt: skip

    return put


def _cards_are_valid(days: int) -> Callable[[Patch], None]:
    def put(patch: Patch) -> None:
        real = card_rules.refusal
        patch.setattr(guards, "refusal", lambda standing, on: real(standing, on=on - timedelta(days=days)))

    return put


def _cards_are_noted(days: int) -> Callable[[Patch], None]:
    """As expired, so many days too late."""

    def put(patch: Patch) -> None:
        real = daily.expire_cards
        patch.setattr(daily, "expire_cards", lambda *, on: real(on=on - timedelta(days=days)))

    return put


def _points_are_cleared(days: int) -> Callable[[Patch], None]:
    def put(patch: Patch) -> None:
        real = clearing.settle_notices
        patch.setattr(daily.points, "settle_notices", lambda *, today, after_notice: real(
            today=today - timedelta(days=days), after_notice=after_notice
        ))  # fmt: skip

    return put


def _dormant_are_frozen(days: int) -> Callable[[Patch], None]:
    def put(patch: Patch) -> None:
        real = dormancy.freeze_due
        patch.setattr(daily.dormancy, "freeze_due", lambda *, today: real(today=today - timedelta(days=days)))

    return put


def _account_end_ignored(patch: Patch) -> None:
    real = card_rules.refusal
    patch.setattr(guards, "refusal", lambda standing, on: real(replace(standing, account_valid_until=date.max), on=on))


def _lock_ignored(patch: Patch) -> None:
    real = card_rules.refusal
    patch.setattr(guards, "refusal", lambda standing, on: real(replace(standing, locked=False), on=on))


def _lock_keeps_nothing(patch: Patch) -> None:
    from membership.cards.services import stepping

    patch.setattr(stepping, "LOCK_FORBIDS", frozenset())


def _cap_not_checked(patch: Patch) -> None:
    def within(card: Any, day: Any, total: Any) -> Callable[[Any], Any]:
        return lambda row: guards._problem(card, row, day)

    patch.setattr(guards, "_within_cap", within)


def _points_rounded_up(patch: Patch) -> None:
    real = points.earned

    def up(*, lines: Any, paid_fen: int, fen_per_point: int) -> int:
        return real(lines=lines, paid_fen=paid_fen + fen_per_point - 1 if paid_fen else 0, fen_per_point=fen_per_point)

    patch.setattr(cashier_rules, "earned", up)


def _bonus_earns_points(patch: Patch) -> None:
    real = cashier_rules.points_sequel

    def sequel(*given: Any) -> Any:
        made = real(*given)
        return made and replace(made, lines=lambda drawn, row: made.lines({}, row))

    from membership.cashier import drafts

    patch.setattr(drafts, "points_sequel", sequel)


def _bonus_stays(patch: Patch) -> None:
    def plan(*, given_fen: int, principal_left_fen: int, bonus_left_fen: int) -> TakeBack:
        return TakeBack(principal_left_fen, 0, principal_left_fen, 0, 0)

    real = negative._lots

    def left(*given: Any) -> Any:
        found = real(*given)
        paid = found.plan.principal_fen
        return replace(found, lots=found.lots[:1] if paid else (), plan=plan(
            given_fen=0, principal_left_fen=paid, bonus_left_fen=0
        ))  # fmt: skip

    patch.setattr(negative, "_lots", left)


def _worst_bonus(patch: Patch) -> None:
    patch.setattr(bonus, "max", min, raising=False)


def _key_ignored(patch: Patch) -> None:
    patch.setattr(cashier_rules.Occasion, "ledger_key", property(lambda self: f"{self.actor}|{self.key}|{id(self)}"))


def _conflict_unseen(patch: Patch) -> None:
    from ledger.domain.outcomes import Posted

    patch.setattr(deciding, "_replay", lambda request, stored: Posted.again(stored))


def _reissue_loses_a_lot(patch: Patch) -> None:
    real = moving._move_account
    patch.setattr(moving, "_move_account", lambda actor, one, other, lots, errand: real(
        actor, one, other, lots[:-1] or lots, errand
    ))  # fmt: skip


def _reissue_makes_lots_young(patch: Patch) -> None:
    real = moving.OpenLot
    patch.setattr(moving, "OpenLot", lambda kind, amount, ends, _opened: real(kind, amount, ends))


def _fee_forgotten(patch: Patch) -> None:
    patch.setattr(replacing, "_take_fee", lambda *given, **named: 0)


def _heir_forgotten(patch: Patch) -> None:
    for module in (services, packages):
        patch.setattr(module, "pass_card_on", lambda *given, **named: None)


def _heir_keeps(patch: Patch) -> None:
    for module in (services, packages):
        patch.setattr(module, "bring_home", lambda *given: None)


def _withdrawn_with_value(patch: Patch) -> None:
    patch.setattr(ending, "_refuse_value", lambda card: None)


def _pins_uncounted(patch: Patch) -> None:
    patch.setattr(pin_acts, "_forget_failures", lambda number: None)


def _signed_without_limit(patch: Patch) -> None:
    patch.setattr(signing, "over_limit", lambda member_id, **sums: None)


def _settled_too_much(patch: Patch) -> None:
    patch.setattr(settling, "SettleTooMuch", lambda **said: settling.BillNotFound())


def _points_kept_on_return(patch: Patch) -> None:
    patch.setattr(returning, "kept_after_return", lambda *, points, total_fen, returned_fen: points)


def _return_shared_wrongly(patch: Patch) -> None:
    real = refunds.spread
    patch.setattr(returning, "spread", lambda amount, left: real(amount, list(reversed(left)))[::-1])


def _ended_package_stays_owed(patch: Patch) -> None:
    real = lots.earning.shares
    patch.setattr(lots.earning, "shares", lambda parts: real([]))


def _fee_ends_first(patch: Patch) -> None:
    patch.setattr(replacing, "draw_policy", lambda: DrawPolicy.EARLIEST_EXPIRY)


def _wash_is_no_use(patch: Patch) -> None:
    patch.setitem(expiry_queries._USES, "packages", [])


def _only_the_first_card_gives_back(patch: Patch) -> None:
    patch.setattr(negative.origins, "heirs_of", lambda lots: [])


def _debt_stays_behind(patch: Patch) -> None:
    from membership.cashier import member_hooks

    patch.setattr(member_hooks, "follow", lambda *given, **named: {})


def _packages_never_end(patch: Patch) -> None:
    real = lots.ended_lots_of
    patch.setattr(lots, "ended_lots_of", lambda ids, moment: [lot for lot in real(ids, moment) if lot.kind == "BONUS"])


def _points_go_without_notice(patch: Patch) -> None:
    real = clearing.timedelta
    patch.setattr(clearing, "timedelta", lambda days: real(days=0))


def _used_cards_frozen(patch: Patch) -> None:
    patch.setattr(dormancy.queries, "last_uses", lambda ids: dict.fromkeys(ids, clearing.datetime.min.replace(
        tzinfo=dormancy.clock.CHINA
    )))  # fmt: skip


def _package_oldest_first(patch: Patch) -> None:
    real = packages.lots_of
    patch.setattr(packages, "lots_of", lambda account_id: real(account_id)[::-1])


def _package_counts_short(patch: Patch) -> None:
    real = packages._drawn
    patch.setattr(packages, "_drawn", lambda product, account, count, occasion: real(product, account, 1, occasion))


FAULTS: Final[dict[str, Callable[[Patch], None]]] = {
    "bonus first draws what ends first": _swap(DrawPolicy.BONUS_FIRST, DrawPolicy.EARLIEST_EXPIRY),
    "what ends first: the bonus first": _swap(DrawPolicy.EARLIEST_EXPIRY, DrawPolicy.BONUS_FIRST),
    "pro rata draws the bonus first": _swap(DrawPolicy.PRO_RATA, DrawPolicy.BONUS_FIRST),
    "pro rata draws what ends first": _swap(DrawPolicy.PRO_RATA, DrawPolicy.EARLIEST_EXPIRY),
    "lots are drawn as they lie": _lots_as_they_lie,
    "the odd fen goes to the bonus": _odd_fen_to_the_bonus,
    "lots end a day late": _lots_end(1),
    "lots end a day early": _lots_end(-1),
    "lots are swept a day late": _lots_are_swept(1),
    "lots are swept a day early": _lots_are_swept(-1),
    "a bonus is given a day too long": _bonus_ends(1),
    "a bonus is given a day too short": _bonus_ends(-1),
    "packages are sold a day too long": _packages_end(1),
    "packages are sold a day too short": _packages_end(-1),
    "packages are used a day too late": _packages_are_used(1),
    "packages are refused a day too early": _packages_are_used(-1),
    "packages never end": _packages_never_end,
    "what is owed for a package outlives it": _ended_package_stays_owed,
    "a package's use is no use of the card": _wash_is_no_use,
    "cards are valid a day longer": _cards_are_valid(1),
    "cards are valid a day less": _cards_are_valid(-1),
    "cards expire a day late": _cards_are_noted(1),
    "cards expire a day early": _cards_are_noted(-1),
    "the account's end is ignored": _account_end_ignored,
    "the lock is ignored at the till": _lock_ignored,
    "the lock keeps nothing where it is": _lock_keeps_nothing,
    "the cap is not checked": _cap_not_checked,
    "points are rounded up": _points_rounded_up,
    "a bonus earns points": _bonus_earns_points,
    "points stay when goods come back": _points_kept_on_return,
    "points are cleared a day late": _points_are_cleared(1),
    "points are cleared a day early": _points_are_cleared(-1),
    "dormant cards are frozen a day late": _dormant_are_frozen(1),
    "dormant cards are frozen a day early": _dormant_are_frozen(-1),
    "points go without a notice": _points_go_without_notice,
    "the bonus stays when a top-up is taken back": _bonus_stays,
    "the worst bonus rule decides": _worst_bonus,
    "keys are ignored": _key_ignored,
    "a key may be used for another request": _conflict_unseen,
    "a reissue loses a lot": _reissue_loses_a_lot,
    "a reissue makes lots young": _reissue_makes_lots_young,
    "the fee of a reissue is forgotten": _fee_forgotten,
    "the fee of a reissue takes what ends first": _fee_ends_first,
    "a top-up is taken back from its first card only": _only_the_first_card_gives_back,
    "what comes back stays on the old card": _heir_forgotten,
    "a bill's points stay on the card that has the place": _heir_keeps,
    "a card with value is withdrawn": _withdrawn_with_value,
    "a new PIN leaves the wrong ones counted": _pins_uncounted,
    "signing has no limit": _signed_without_limit,
    "more is settled than is open": _settled_too_much,
    "a return is shared in the wrong order": _return_shared_wrongly,
    "a debt stays with the merged record": _debt_stays_behind,
    "used cards are frozen as dormant": _used_cards_frozen,
    "packages are drawn the last end first": _package_oldest_first,
}

CHEAP: Final = ("keys are ignored", "a reissue loses a lot", "points are rounded up")
"""Noticed within the first acts."""
