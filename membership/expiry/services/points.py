"""Points are cleared as the chain's policy says, and never before the day that a notice had named (R-G02, R-I02)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from kernel import clock
from ledger.locks import lock_accounts
from ledger.models import Lot
from membership.expiry import queries
from membership.expiry.domain import NoticeChannel, NoticeState
from membership.expiry.models import ClearingNotice, ExpiryPolicy
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
    if queries.is_lot_by_lot(rules):
        return Step(last=None)
    standings = queries.points_after(after_card, limit=limit, unless_noticed=True)
    if not standings:
        return Step(last=None)
    earliest = today + timedelta(days=rules.points_notice_days)
    given = ClearingNotice.objects.bulk_create(
        ClearingNotice(
            card_id=standing.card_id,
            points=standing.points,
            noticed_on=today,
            clears_on=max(day, earliest),
            channel=NoticeChannel.SHOP,
        )
        for standing in standings
        if (day := standing.clears_on(rules)) is not None and day <= earliest
    )
    return Step(last=standings[-1].card_id, done=len(given))


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
        day = found.clears_on(rules) if found is not None else None
        (stand if day is not None and day <= notice.clears_on else stale).append(notice)
    return stand, stale


def _clear(notices: Sequence[ClearingNotice], rules: ExpiryPolicy, *, moment: datetime, actor: Actor) -> int:
    """Post the clearing of what the policy's own day would have found, however late it is done; how many points."""
    accounts_by_day: dict[date, list[int]] = {}
    for standing in queries.points_of([notice.card_id for notice in notices]).values():
        day = standing.clears_on(rules)
        if day is not None:
            accounts_by_day.setdefault(day, []).append(standing.points_account_id)
    lots: dict[int, list[Lot]] = {}
    for day, account_ids in accounts_by_day.items():
        for lot in queries.points_lots_before(account_ids, day):
            lots.setdefault(lot.account_id, []).append(lot)
    accounts = lock_accounts(lots)
    requests = [expiry_request(accounts[pk], found, moment=moment, actor=actor) for pk, found in sorted(lots.items())]
    post_expiries(requests, [accounts[pk] for pk in sorted(lots)], actor=actor)
    return sum(lot.remaining for found in lots.values() for lot in found)


def _end(notices: Sequence[ClearingNotice], state: NoticeState, moment: datetime) -> None:
    open_ones = ClearingNotice.objects.filter(id__in=[notice.pk for notice in notices], state=NoticeState.OPEN)
    open_ones.update(state=state, ended_at=moment)
