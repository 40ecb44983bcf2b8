"""Cards that lie unused: listed, approved, published, frozen, and opened again free of charge (R-G04, R-G05, X-25).

What is on a frozen card stays on the books and is owed; only counts of active members leave it out.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.calendar import add_months, start_of
from kernel.errors import DomainError
from kernel.ids import uuid7
from kernel.tasks import enqueue
from membership.cards import locks
from membership.cards.domain import CardStatus, tidy_number
from membership.cards.models import Card
from membership.cards.services import unfreeze_card
from membership.documents import services as documents
from membership.documents.domain import DocumentState
from membership.documents.models import Document
from membership.expiry import queries
from membership.expiry.domain import WAITING, DormantState
from membership.expiry.models import DormantCard
from membership.records.domain import RecordKind
from membership.records.models import Record
from tenants.audit.services import record
from tenants.people.domain import SYSTEM, Act, Actor, require

LIST: Final = "DORMANCY"
REOPENING: Final = "DORMANT_REOPENING"
TELL: Final = "expiry.tell"
FREEZE: Final = "dormancy.freeze"
BATCH: Final = 500


class NothingDormant(DomainError):
    """No card has lain unused for so long."""

    code = "nothing_dormant"
    status = 409
    message = _("没有符合条件的睡眠卡：自 {unused_since} 起，有余额的正常卡都使用过，或已在其他清单中。")


class DormancyOpen(DomainError):
    """Cards of the list are still to be frozen."""

    code = "dormancy_open"
    status = 409
    message = _("清单中还有 {cards} 张卡在通知期内，冻结后清单自动完成。")


class DormancyFrozen(DomainError):
    """Cards of the list are frozen already."""

    code = "dormancy_frozen"
    status = 409
    message = _("清单中已有 {cards} 张卡冻结，不能反审核；请在会员到店时为其免费启用。")


class NotDormant(DomainError):
    """The card is not frozen as a dormant one."""

    code = "not_dormant"
    status = 409
    message = _("会员卡 {card_number} 不是因长期未使用而冻结的卡。")


class DormantFrozen(DomainError):
    """A card that was frozen as dormant is opened with the form that tells who came for it (R-G05)."""

    code = "dormant_frozen"
    status = 409
    message = _("会员卡 {card_number} 因长期未使用而冻结，请核验持卡人后用“睡眠卡重新启用”表单免费启用。未作任何更改。")


def prepare_list(*, actor: Actor, unused_since: date | None = None) -> Document:
    """List the cards in use, with money on them, that nobody has used since that day; a draft to be looked through.

    ``unused_since``: by default as many months ago as the chain's rules say.

    Raises:
        NotAllowed, NothingDormant
    """
    require(actor, Act.DORMANCY_LIST)
    rules = queries.policy()
    since = unused_since or add_months(clock.today(), -rules.dormant_months)
    payload = {
        "unused_since": since.isoformat(),
        "months": rules.dormant_months,
        "notice_days": rules.dormancy_notice_days,
    }
    release_cancelled()
    document = documents.draft(actor=actor, kind=LIST, payload=payload)
    if not queries.list_dormant(document.pk, before=start_of(since), now=clock.now()):
        raise NothingDormant(unused_since=since)
    return _summed(actor, document)


def leave_out(*, actor: Actor, number: str, line_ids: Sequence[int]) -> Document:
    """Take cards off a draft; the list's sums follow.

    Raises:
        NotAllowed, DocumentNotFound, DocumentStepForbidden
    """
    require(actor, Act.DORMANCY_LIST)
    document = Document.objects.get(number=number, kind=LIST)
    lines = DormantCard.objects.filter(document=document, id__in=line_ids, state=DormantState.LISTED)
    lines.update(state=DormantState.LEFT_OUT, changed_at=clock.now())
    return _summed(actor, document)


def _summed(actor: Actor, document: Document) -> Document:
    lines = DormantCard.objects.filter(document=document, state=DormantState.LISTED)
    sums = lines.aggregate(balance=Sum("balance_fen", default=0), points=Sum("points", default=0))
    said = {"cards": lines.count(), "balance_fen": sums["balance"], "points": sums["points"]}
    return documents.edit(actor=actor, number=document.number, payload={**document.payload, **said})


# ── What the list's steps bring about ─────────────────────────────────────────────────────────────────────────────


def publish(document: Document, *, notice_days: int) -> None:
    """Approved: the members are told, and the notice begins."""
    listed = DormantCard.objects.filter(document=document, state=DormantState.LISTED)
    day = clock.today() + timedelta(days=notice_days)
    listed.update(state=DormantState.NOTIFIED, freezes_on=day, changed_at=clock.now())
    enqueue(TELL)


def take_back(document: Document) -> None:
    """Un-approved: nobody is frozen by it.

    Raises:
        DormancyFrozen
    """
    lines = DormantCard.objects.filter(document=document)
    frozen = lines.filter(state__in=[DormantState.FROZEN, DormantState.REOPENED]).count()
    if frozen:
        raise DormancyFrozen(cards=frozen)
    notified = lines.filter(state=DormantState.NOTIFIED)
    notified.update(state=DormantState.LISTED, freezes_on=None, told_at=None, changed_at=clock.now())


def refuse_while_open(document: Document) -> None:
    """Completed only when every card of it is settled.

    Raises:
        DormancyOpen
    """
    waiting = DormantCard.objects.filter(document=document, state__in=WAITING).count()
    if waiting:
        raise DormancyOpen(cards=waiting)


def release_cancelled() -> int:
    """Let go of the cards on lists that were given up: they may go on another; how many."""
    waiting = DormantCard.objects.filter(document__state=DocumentState.CANCELLED, state__in=WAITING)
    return waiting.update(state=DormantState.LEFT_OUT, freezes_on=None, changed_at=clock.now())


# ── Freezing and opening again ────────────────────────────────────────────────────────────────────────────────────


def freeze_due(*, today: date, limit: int = BATCH) -> int:
    """Freeze the next cards whose notice is over, and complete the lists that are done; how many were looked at.

    A card that was used meanwhile, or stopped otherwise, is left as it is. Cards first, then their accounts: a
    consumption is either seen, or waits and finds the card frozen.
    """
    due = DormantCard.objects.filter(state=DormantState.NOTIFIED, freezes_on__lte=today).order_by("freezes_on", "id")
    lines = list(due.select_related("card", "document")[:limit])
    if not lines:
        return 0
    cards = {card.pk: card for card in locks.lock_cards({line.card.number for line in lines})}
    locks.lock_accounts(list(cards.values()))
    used = queries.last_uses(list(cards))
    frozen: list[DormantCard] = []
    left: list[DormantCard] = []
    for line in lines:
        still = cards[line.card_id].status == CardStatus.ACTIVE and used[line.card_id] <= line.last_used_at
        (frozen if still else left).append(line)
    _freeze(frozen)
    _set(left, DormantState.USED)
    for number in sorted({line.document.number for line in lines}):
        if not DormantCard.objects.filter(document__number=number, state__in=WAITING).exists():
            documents.complete(actor=SYSTEM, number=number)
    return len(lines)


def _freeze(lines: Sequence[DormantCard]) -> None:
    if not lines:
        return
    now = clock.now()
    Card.objects.filter(pk__in=[line.card_id for line in lines], status=CardStatus.ACTIVE).update(
        status=CardStatus.FROZEN
    )
    Record.objects.bulk_create(
        Record(
            id=uuid7(),
            card_id=line.card_id,
            kind=RecordKind.FREEZE,
            actor=str(SYSTEM),
            occurred_at=now,
            detail={"reason": "dormant", "document": line.document.number},
        )
        for line in lines
    )
    _set(lines, DormantState.FROZEN)
    detail = {"cards": [line.card.number for line in lines]}
    record(SYSTEM, FREEZE, object_type="document", object_id=lines[0].document.number, detail=detail)


def _set(lines: Sequence[DormantCard], state: DormantState) -> None:
    DormantCard.objects.filter(pk__in=[line.pk for line in lines]).update(state=state, changed_at=clock.now())


def reopen(*, actor: Actor, number: str, store_id: int, verified_by: str, note: str = "") -> Document:
    """Open a dormant card again at once, free of charge; the form goes to customer service and finance (R-G05).

    ``verified_by``: how it was made sure that this is the holder.

    Raises:
        NotAllowed, StatusStepForbidden
        FaultFormOpen: a wrong top-up of it is being looked into.
        NotDormant: also where no card has this number.
    """
    lines = DormantCard.objects.filter(card__number=tidy_number(number), state=DormantState.FROZEN)
    if not lines.exists():
        raise NotDormant(card_number=tidy_number(number))
    # First, so that the gate lets this one pass.
    lines.update(state=DormantState.REOPENED, changed_at=clock.now())
    card = unfreeze_card(actor=actor, number=number, store_id=store_id, reason=note)
    balance = card.stored_account.balance if card.stored_account is not None else 0
    payload = {"card_number": card.number, "verified_by": verified_by, "balance_fen": balance, "note": note}
    form = documents.draft(actor=actor, kind=REOPENING, payload=payload, store_id=store_id)
    return documents.submit(actor=actor, number=form.number)


def is_dormant(card: Card) -> bool:
    """Whether the card is frozen for having lain unused."""
    return DormantCard.objects.filter(card=card, state=DormantState.FROZEN).exists()


def refuse_plain_unfreezing(card: Card, _store_id: int, _document: str) -> None:
    """A gate of ``cards.services.unfreeze_card``.

    Raises:
        DormantFrozen
    """
    if is_dormant(card):
        raise DormantFrozen(card_number=card.number)


def note_reopened() -> int:
    """Note the dormant cards that left their freeze another way, by a withdrawal say; how many. One that was lost comes
    back to it when it is found.
    """
    lost = Q(card__status=CardStatus.LOST, card__before_loss=CardStatus.FROZEN)
    elsewhere = DormantCard.objects.filter(state=DormantState.FROZEN).exclude(card__status=CardStatus.FROZEN)
    return elsewhere.exclude(lost).update(state=DormantState.REOPENED, changed_at=clock.now())
