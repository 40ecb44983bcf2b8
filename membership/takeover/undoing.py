"""How a worker takes a take-over back: hold its cards, see whether anything has happened on them, reverse, remove.

Every step is a transaction of its own that commits with how far it came, so a worker that is killed is followed by
another which goes on. Until the cards are all held nothing is undone, and they can be let go.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import CASCADE, Model

from kernel import clock
from kernel.db import in_chain
from ledger.domain import Refused
from ledger.errors import error_of
from ledger.services import post_within, reversal_of
from membership.cards.models import Card
from membership.imports.kinds.base import fetch, run
from membership.members.models import Member
from membership.takeover.domain import SUMS, TakeoverState
from membership.takeover.errors import TakeoverInUse
from membership.takeover.locks import hold, lock_cards
from membership.takeover.models import TakenCard, TakenMember, Takeover
from membership.takeover.queries import happened_since, postings_left
from membership.vehicles.models import Vehicle
from tenants.audit.services import record
from tenants.people.domain import SYSTEM

_FIRST: Final = UUID(int=0)
_HELD_AT_ONCE: Final = 5_000
_REVERSED_AT_ONCE: Final = 1_000
_REMOVED_AT_ONCE: Final = 5_000


@dataclass(slots=True)
class _Place:
    """How far this worker has come: the next step need not look through what is done."""

    held: int = 0
    let_go: int = 0
    reversed: UUID = _FIRST


def undo(schema_name: str, takeover_id: int) -> None:
    """Do what is left of it. Nobody can use the cards meanwhile."""
    place = _Place()
    while True:
        with in_chain(schema_name):
            takeover = hold(takeover_id, TakeoverState.UNDOING)
            if takeover is None:
                return
            takeover.touched_at = clock.now()
            if not takeover.undo_total:
                takeover.undo_total = _work_of(takeover)
            if takeover.error:
                _let_go(takeover, place)
            elif takeover.undo_sure_at is None:
                _hold_some(takeover, place)
            else:
                _take_back(takeover, place)
            takeover.save()


def _work_of(takeover: Takeover) -> int:
    """All the rows that are to be held, reversed and removed."""
    cards = TakenCard.objects.filter(takeover=takeover).count()
    members = TakenMember.objects.filter(takeover=takeover).count()
    return cards + postings_left(takeover) + cards + members


def _hold_some(takeover: Takeover, place: _Place) -> None:
    """Lock some more cards against every use; when all are, see whether anything has happened on them since."""
    waiting = TakenCard.objects.filter(takeover=takeover, held__isnull=True, pk__gt=place.held).order_by("pk")
    rows = list(waiting.values_list("pk", "card_id")[:_HELD_AT_ONCE])
    if not rows:
        if happened := happened_since(takeover):
            takeover.error = {"code": TakeoverInUse.code, "params": {"what": happened}}
        else:
            takeover.undo_sure_at = clock.now()
        return
    ids, place.held = [card_id for _pk, card_id in rows], rows[-1][0]
    lock_cards(ids)
    locked = set(Card.objects.filter(pk__in=ids, locked=True).values_list("pk", flat=True))
    taken = TakenCard.objects.filter(card_id__in=ids)
    taken.filter(card_id__in=locked).update(held=False)
    taken.exclude(card_id__in=locked).update(held=True)
    Card.objects.filter(pk__in=ids, locked=False).update(locked=True)
    takeover.undo_done += len(ids)


def _let_go(takeover: Takeover, place: _Place) -> None:
    """Open some of the cards again that were held in vain; when all are, the take-over stands as it stood."""
    held = TakenCard.objects.filter(takeover=takeover, held__isnull=False, pk__gt=place.let_go).order_by("pk")
    rows = list(held.values_list("pk", "card_id", "held")[:_HELD_AT_ONCE])
    if not rows:
        same = takeover.booked == {name: takeover.sums.get(name, 0) for name in SUMS}
        takeover.state = TakeoverState.DONE if same else TakeoverState.DIFFERS
        takeover.undone_by = takeover.undone_name = ""
        _noted(takeover, "takeover.undo_refused", {"what": takeover.error["params"]["what"]})
        return
    place.let_go = rows[-1][0]
    lock_cards([card_id for _pk, card_id, _ours in rows])
    Card.objects.filter(pk__in=[card_id for _pk, card_id, ours in rows if ours]).update(locked=False)
    TakenCard.objects.filter(pk__in=[pk for pk, _card_id, _ours in rows]).update(held=None)


def _take_back(takeover: Takeover, place: _Place) -> None:
    """Reverse some postings, and when none is left remove some rows."""
    rows = _reverse_some(takeover, after=place.reversed)
    if rows:
        takeover.undo_done += len(rows)
        place.reversed = rows[-1]
        return
    removed = _remove_some(takeover)
    takeover.undo_done += removed
    if not removed:
        takeover.state, takeover.finished_at = TakeoverState.UNDONE, clock.now()
        signed = [takeover.first_signer, takeover.second_signer]
        _noted(takeover, "takeover.undone", {"booked": takeover.booked, "signed": signed})


def _reverse_some(takeover: Takeover, *, after: UUID) -> list[UUID]:
    """Reverse the next postings behind that one, which spares looking through what is done."""
    rows = fetch(
        """
        SELECT p.id FROM ledger_posting p
        WHERE p.id > %(after)s AND p.kind = 'OPENING' AND starts_with(p.idempotency_key, %(prefix)s)
            AND NOT EXISTS (SELECT FROM ledger_posting r WHERE r.reverses_id = p.id)
        ORDER BY p.id LIMIT %(most)s
        """,
        {"prefix": takeover.key_prefix, "most": _REVERSED_AT_ONCE, "after": after},
    )
    requests = [
        reversal_of(
            posting_id,
            idempotency_key=f"{takeover.key_prefix}undo|{posting_id}",
            actor=takeover.undone_by,
            occurred_at=takeover.touched_at,
            store_id=takeover.store_id,
            memo={"takeover": takeover.pk},
        )
        for (posting_id,) in rows
    ]
    for outcome in post_within(requests):
        if isinstance(outcome, Refused):
            raise error_of(outcome)
    return [posting_id for (posting_id,) in rows]


def _remove_some(takeover: Takeover) -> int:
    """Remove some cards, and when none is left some members, as if they had never been: their numbers are free for a
    better workbook. The books keep the accounts, the postings and their reversals.
    """
    cards = _taken(TakenCard, takeover, "card_id")
    if cards:
        _delete(TakenCard, "card_id", cards)
        _delete_with_parts(Card, cards)
        return len(cards)
    members = _taken(TakenMember, takeover, "member_id")
    vehicles = list(Vehicle.objects.filter(owner_id__in=members).values_list("pk", flat=True))
    _delete_with_parts(Vehicle, vehicles)
    _delete(TakenMember, "member_id", members)
    _delete_with_parts(Member, members)
    return len(members)


def _taken(model: type[TakenCard | TakenMember], takeover: Takeover, column: str) -> list[int]:
    found = model._default_manager.filter(takeover=takeover).order_by("pk")
    return list(found.values_list(column, flat=True)[:_REMOVED_AT_ONCE])


def _delete_with_parts(model: type[Model], keys: Sequence[int]) -> None:
    """Delete rows and what is a part of them (CASCADE), a statement for each table; nothing is fetched. What is not a
    part keeps its row from being deleted: the database refuses at the end of the transaction.
    """
    for relation in model._meta.related_objects:
        if relation.on_delete is CASCADE:
            _delete(relation.related_model, str(relation.field.column), keys)
    _delete(model, str(model._meta.pk.column), keys)


def _delete(model: type[Model], column: str, keys: Sequence[int]) -> None:
    name = connection.ops.quote_name
    run(f"DELETE FROM {name(model._meta.db_table)} WHERE {name(column)} = ANY(%(keys)s)", {"keys": list(keys)})  # noqa: S608


def _noted(takeover: Takeover, act: str, detail: dict[str, object]) -> None:
    record(SYSTEM, act, object_type="takeover", object_id=takeover.pk, store_id=takeover.store_id, detail=detail)
