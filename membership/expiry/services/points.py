"""Points are cleared as the chain's policy says, and never before the day that a notice had named (R-G02, R-I02)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from kernel import clock
from ledger.locks import lock_accounts
from ledger.models import Lot
from membership.expiry import queries
from membership.expiry.domain import NoticeChannel, NoticeState, PointsPolicy, earned_before
from membership.expiry.models import ClearingNotice, ExpiryPolicy
from membership.expiry.queries import PointsStanding
from membership.expiry.services.lots import expiry_request, post_expiries
from tenants.people.domain import SYSTEM, Actor

BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Step:
    """What one batch did. ``last`` is the key where the next begins; None when there was nothing left."""

    last: int | None
    done: int = 0
    lifted: int = 0
    points: int = 0


def give_notices(*, today: date, after_card: int = 0, limit: int = BATCH) -> Step:
    """Give notice of points that will be void within the notice period, for the next ``limit`` cards with points.

    A clearing that is nearer than the period, because the policy was changed or a day was missed, is put off: the
    notice names a day that leaves the whole period.
    """
    rules = queries.policy()
    standings = queries.points_after(after_card, limit=limit, unless_noticed=True)
    if not standings:
        return Step(last=None)
    earliest = today + timedelta(days=rules.points_notice_days)
    days = {standing: max(standing.clears_on(rules), earliest) for standing in standings}
    due = {standing: day for standing, day in days.items() if standing.clears_on(rules) <= earliest}
    going = _points_going({standing.points_account_id: day for standing, day in due.items()}, rules)
    given = ClearingNotice.objects.bulk_create(
        ClearingNotice(
            card_id=standing.card_id,
            points=going[standing.points_account_id],
            noticed_on=today,
            clears_on=day,
            channel=NoticeChannel.SHOP,
        )
        for standing, day in due.items()
    )
    return Step(last=standings[-1].card_id, done=len(given))


def _points_going(days: Mapping[int, date], rules: ExpiryPolicy) -> Mapping[int, int]:
    """How many points will go from each account, cleared on its day as they are now."""
    return {account_id: sum(lot.remaining for lot in lots) for account_id, lots in _lots_going(days, rules).items()}


def _lots_going(days: Mapping[int, date], rules: ExpiryPolicy) -> dict[int, list[Lot]]:
    """The lots that go from each account when it is cleared for its day, however late that is done."""
    accounts_by_day: dict[date, list[int]] = {}
    for account_id, day in days.items():
        accounts_by_day.setdefault(day, []).append(account_id)
    lots: dict[int, list[Lot]] = {}
    for day, account_ids in accounts_by_day.items():
        kept_from = earned_before(rules.points_policy, months=rules.points_months, day=day)
        for lot in queries.points_lots_before(account_ids, kept_from):
            lots.setdefault(lot.account_id, []).append(lot)
    return lots


def settle_notices(*, today: date, after_notice: int = 0, limit: int = BATCH, actor: Actor = SYSTEM) -> Step:
    """Look at the next ``limit`` open notices: lift those whose card was used, clear those whose day has come.

    The accounts of a due notice are locked first, the stored value's too: a consumption is either seen, or waits and
    comes after.
    """
    notices = queries.open_notices(after=after_notice, limit=limit)
    if not notices:
        return Step(last=None)
    rules, moment = queries.policy(), clock.now()
    standing, stale = _sorted_out(notices, rules)
    due = [notice for notice in standing if notice.clears_on <= today]
    points = 0
    if due:
        lock_accounts(queries.accounts_of([notice.card_id for notice in due]))
        due, used_meanwhile = _sorted_out(due, rules)
        stale += used_meanwhile
        points = _clear(due, rules, moment=moment, actor=actor)
    _end(stale, NoticeState.LIFTED, moment)
    _end(due, NoticeState.CLEARED, moment)
    return Step(last=notices[-1].pk, done=len(due), lifted=len(stale), points=points)


def _sorted_out(
    notices: Sequence[ClearingNotice], rules: ExpiryPolicy
) -> tuple[list[ClearingNotice], list[ClearingNotice]]:
    """Those whose points would still be void by the day they name, and those whose would not."""
    standings = queries.points_of([notice.card_id for notice in notices])
    stand: list[ClearingNotice] = []
    stale: list[ClearingNotice] = []
    for notice in notices:
        found = standings.get(notice.card_id)
        (stand if found is not None and found.clears_on(rules) <= notice.clears_on else stale).append(notice)
    return stand, stale


def _clear(notices: Sequence[ClearingNotice], rules: ExpiryPolicy, *, moment: datetime, actor: Actor) -> int:
    """Post the clearing; how many points."""
    standings = queries.points_of([notice.card_id for notice in notices])
    lots = _lots_going(
        {
            one.points_account_id: _cleared_for(one, notice, rules)
            for notice in notices
            if (one := standings.get(notice.card_id))
        },
        rules,
    )
    accounts = lock_accounts(lots)
    requests = [expiry_request(accounts[pk], found, moment=moment, actor=actor) for pk, found in sorted(lots.items())]
    post_expiries(requests, [accounts[pk] for pk in sorted(lots)], actor=actor)
    return sum(lot.remaining for found in lots.values() for lot in found)


def _cleared_for(standing: PointsStanding, notice: ClearingNotice, rules: ExpiryPolicy) -> date:
    """The day that decides what goes. A term ends on its own day, though the notice had put the clearing off: what was
    earned since belongs to the next. Batches that end singly are gathered until the day of the notice.
    """
    return notice.clears_on if rules.points_policy == PointsPolicy.PER_LOT else standing.clears_on(rules)


def _end(notices: Sequence[ClearingNotice], state: NoticeState, moment: datetime) -> None:
    open_ones = ClearingNotice.objects.filter(id__in=[notice.pk for notice in notices], state=NoticeState.OPEN)
    open_ones.update(state=state, ended_at=moment)
