"""The papers of card stock: making requests, deliveries, transfers, counts, destruction."""

from collections.abc import Sequence
from typing import Any

import msgspec
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.calendar import start_of
from membership.cards.domain import LARGEST_RANGE, LIFE, CardAct
from membership.cards.models import Card
from membership.cards.services.destroying import destroy_cards
from membership.cards.services.making import level_of, type_of
from membership.documents.domain import Approval
from membership.documents.errors import DocumentInvalid
from membership.documents.kinds import DocumentKind, kind
from membership.documents.models import Document
from membership.documents.queries import STORE_SUBJECT
from membership.stock import locks, moves, queries
from membership.stock.domain import KEPT, PlaceState, Run, Span, common, size, without
from membership.stock.errors import (
    CardsElsewhere,
    CodesMissing,
    CountUnexplained,
    DeliveryInThePast,
    DeliveryShortNotice,
    NotDestroyable,
    NotInRange,
    NotInStore,
    ReceiptByDeliverer,
    ReceiptByGiver,
    TransferNowhere,
)
from membership.stock.listing import listed_of, read_list, runs_of
from membership.stock.models import CardPlace
from membership.stock.payloads import (
    CountPayload,
    DeliveryPayload,
    DestructionPayload,
    Listed,
    MakingPayload,
    TransferPayload,
)
from tenants.people.domain import Act, Actor
from tenants.stores.models import Store

Line = tuple[str | Promise, Any]


@kind
class MakingRequest(DocumentKind[MakingPayload]):
    """A branch asks for cards (R-F01, R-F02): its head signs, the head office approves, customer service makes them."""

    code, prefix, label = queries.MAKING_KIND, "ZK", _("制卡申请")
    payload_type = MakingPayload
    draft_act = Act.STOCK_REQUEST
    approvals = (
        Approval(_("分公司负责人签字"), Act.STOCK_REQUEST),
        Approval(_("总办批准"), Act.STOCK_APPROVE),
    )
    complete_act = Act.CARD_MAKE
    complete_label = _("制卡")
    # Making the cards completes it.
    completes_by_hand = False

    def summary(self, payload: MakingPayload) -> str:
        return f"{payload.type_name} {payload.level_name} × {payload.quantity}"

    def check(self, *, actor: Actor, store_id: int | None, payload: MakingPayload) -> MakingPayload:
        level, card_type = level_of(payload.level_code), type_of(payload.type_code)
        if not payload.reason.strip():
            raise DocumentInvalid(problem_label=_("请填写申请原因。"))
        if not 1 <= payload.quantity <= LARGEST_RANGE:
            raise DocumentInvalid(problem_label=_("数量须在 1 到 100,000 之间。"))
        if payload.wanted_on < clock.today():
            raise DocumentInvalid(problem_label=_("需要日期不能早于今天。"))
        return msgspec.structs.replace(
            payload,
            level_name=level.name,
            type_name=card_type.name,
            stock=queries.stock_of_store(store_id),
        )

    def lines(self, payload: MakingPayload) -> Sequence[Line]:
        held = " · ".join(f"{line['level']} {line['quantity']}" for line in payload.stock)
        return (
            (_("申请原因"), payload.reason),
            (_("卡类型"), payload.type_name),
            (_("卡级别"), payload.level_name),
            (_("申请数量"), payload.quantity),
            (_("需要日期"), payload.wanted_on),
            (_("现有空白卡"), held or "0"),
        )


@kind
class Delivery(DocumentKind[DeliveryPayload]):
    """Cards of a range go to a store (R-F07): announced some working days ahead, signed for by its keeper."""

    code, prefix, label = queries.DELIVERY_KIND, "XF", _("号段下发")
    payload_type = DeliveryPayload
    draft_act = Act.STOCK_DELIVER
    complete_act = Act.STOCK_COUNT
    complete_label = _("签收")
    by_hand = False

    def subject(self, payload: DeliveryPayload) -> tuple[str, str]:
        return "card_range", str(payload.range_id)

    def summary(self, payload: DeliveryPayload) -> str:
        return f"{payload.first_number} – {payload.last_number} × {payload.quantity}"

    def lines(self, payload: DeliveryPayload) -> Sequence[Line]:
        told: list[Line] = [
            (_("起始卡号"), payload.first_number),
            (_("截止卡号"), payload.last_number),
            (_("数量"), payload.quantity),
            (_("计划可发日"), payload.planned_on),
            (_("门店保管人"), payload.keeper),
        ]
        return [*told, (_("提前原因"), payload.reason)] if payload.reason else told

    def check(self, *, actor: Actor, store_id: int | None, payload: DeliveryPayload) -> DeliveryPayload:
        if store_id is None:
            raise DocumentInvalid(problem_label=_("请选择门店。"))
        found = queries.find_spans([Span(payload.first_number, payload.last_number)])
        if not found.runs:
            raise NotInRange(first=payload.first_number, last=payload.last_number)
        self._check_day(payload)
        run = found.runs[0]
        return msgspec.structs.replace(
            payload, range_id=run.range_id, first=run.first, last=run.last, quantity=len(run)
        )

    def _check_day(self, payload: DeliveryPayload) -> None:
        today, days = clock.today(), queries.policy().announce_days
        if payload.planned_on < today:
            raise DeliveryInThePast
        earliest = queries.working_days_after(today, days)
        if payload.planned_on < earliest and not payload.reason.strip():
            raise DeliveryShortNotice(days=days, earliest=earliest)

    def on_approved(self, *, actor: Actor, document: Document, payload: DeliveryPayload) -> None:
        run = _run(payload)
        locks.lock_ranges([run.range_id])
        moved = moves.send(
            [run],
            start=[PlaceState.CENTRAL],
            to=PlaceState.TRANSIT,
            store_id=document.store_id,
            released_at=start_of(payload.planned_on),
        )
        _all_or_none(moved, payload, PlaceState.CENTRAL)

    def on_unapproved(self, *, actor: Actor, document: Document, payload: DeliveryPayload) -> None:
        run = _run(payload)
        locks.lock_ranges([run.range_id])
        moved = moves.send([run], start=[PlaceState.TRANSIT], to=PlaceState.CENTRAL, store_id=None, released_at=None)
        _all_or_none(moved, payload, PlaceState.TRANSIT)

    def on_completed(self, *, actor: Actor, document: Document, payload: DeliveryPayload) -> None:
        if document.author == str(actor):
            raise ReceiptByDeliverer
        run = _run(payload)
        (cards,) = locks.lock_ranges([run.range_id])
        if cards.type.internal_length or cards.type.internal_prefix:
            places = CardPlace.objects.filter(range=cards, position__range=(run.first, run.last))
            if places.filter(card__internal_code__isnull=True).exists():
                raise CodesMissing(first=cards.first, last=cards.last)
        moved = moves.mark([run], start=[PlaceState.TRANSIT], to=PlaceState.STORE, store_id=document.store_id)
        _all_or_none(moved, payload, PlaceState.TRANSIT)


@kind
class Transfer(DocumentKind[TransferPayload]):
    """Blank cards go from one store's keeper to another's (R-F05): the one hands them out, operations agree (R-F07),
    the other signs. Of the store that gives; the one that gets them is its subject.
    """

    code, prefix, label = queries.TRANSFER_KIND, "DB", _("空白卡调拨")
    payload_type = TransferPayload
    draft_act = Act.STOCK_COUNT
    approvals = (Approval(_("营运批准调拨"), Act.STOCK_DELIVER),)
    complete_act = Act.STOCK_COUNT
    complete_label = _("签收")
    completed_at_subject = True

    def subject(self, payload: TransferPayload) -> tuple[str, str]:
        return STORE_SUBJECT, str(payload.to_store)

    def summary(self, payload: TransferPayload) -> str:
        return f"→ {payload.to_store_name} × {payload.quantity}"

    def check(self, *, actor: Actor, store_id: int | None, payload: TransferPayload) -> TransferPayload:
        if store_id is None:
            raise DocumentInvalid(problem_label=_("请选择门店。"))
        if not payload.reason.strip():
            raise DocumentInvalid(problem_label=_("请填写调拨原因。"))
        to_store = Store.objects.filter(pk=payload.to_store, closed_on__isnull=True).exclude(pk=store_id).first()
        if to_store is None:
            raise TransferNowhere
        found = read_list(payload.text)
        listed = listed_of(found.runs)
        runs = runs_of(listed)
        lying = CardPlace.objects.filter(
            card_id__in=queries.card_ids_of(runs), store_id=store_id, state=PlaceState.STORE
        ).count()
        _all_in_store(lying, size(runs) + len(set(found.loose)), store_id)
        return msgspec.structs.replace(payload, listed=listed, quantity=size(runs), to_store_name=to_store.name)

    def on_approved(self, *, actor: Actor, document: Document, payload: TransferPayload) -> None:
        self._hand_over(
            document, payload.listed, PlaceState.STORE, document.store_id, PlaceState.TRANSIT, payload.to_store
        )

    def on_unapproved(self, *, actor: Actor, document: Document, payload: TransferPayload) -> None:
        self._hand_over(
            document, payload.listed, PlaceState.TRANSIT, payload.to_store, PlaceState.STORE, document.store_id
        )

    def on_completed(self, *, actor: Actor, document: Document, payload: TransferPayload) -> None:
        if document.author == str(actor):
            raise ReceiptByGiver
        self._hand_over(
            document, payload.listed, PlaceState.TRANSIT, payload.to_store, PlaceState.STORE, payload.to_store
        )

    def _hand_over(
        self,
        document: Document,
        listed: Sequence[Listed],
        start: PlaceState,
        from_store_id: int | None,
        to: PlaceState,
        store_id: int | None,
    ) -> None:
        runs = runs_of(listed)
        locks.lock_ranges(run.range_id for run in runs)
        moved = moves.hand_over(runs, start=start, from_store_id=from_store_id, to=to, store_id=store_id)
        _all_in_store(moved, size(runs), from_store_id)


@kind
class StockCount(DocumentKind[CountPayload]):
    """A store counts its blank cards (R-F06, R-M06): what is missing is blocked once the difference is approved."""

    code, prefix, label = queries.COUNT_KIND, "PD", _("卡片盘点")
    payload_type = CountPayload
    draft_act = Act.STOCK_COUNT
    completes_itself = True
    by_hand = False

    CHECKED = Approval(_("复核"), Act.STOCK_COUNT)
    ALLOWED = Approval(_("差异审批"), Act.STOCK_APPROVE)

    def approval_acts(self) -> frozenset[Act]:
        return frozenset({self.CHECKED.act, self.ALLOWED.act})

    def approvals_of(self, document: Document, payload: CountPayload) -> Sequence[Approval]:
        return (self.CHECKED, self.ALLOWED) if payload.differs else (self.CHECKED,)

    def subject(self, payload: CountPayload) -> tuple[str, str]:
        return "stock_count", payload.period

    def summary(self, payload: CountPayload) -> str:
        return f"{payload.period} {payload.counted}/{payload.expected}"

    def check(self, *, actor: Actor, store_id: int | None, payload: CountPayload) -> CountPayload:
        if store_id is None:
            raise DocumentInvalid(problem_label=_("请选择门店。"))
        found = read_list(payload.text, may_be_empty=True)
        expected = [segment.run for segment in queries.segments(store_id=store_id, states=KEPT)]
        missed = [segment.run for segment in queries.segments(store_id=store_id, states=[PlaceState.MISSING])]
        here, again = common(found.runs, expected), common(found.runs, missed)
        strange = without(found.runs, [*expected, *missed])
        return msgspec.structs.replace(
            payload,
            period=payload.period or f"{clock.today():%Y-%m}",
            expected=size(expected),
            counted=size(here),
            missing=listed_of(without(expected, found.runs)),
            found=listed_of(again),
            strange=listed_of(strange),
            unknown=sorted(set(found.loose)),
        )

    def on_submitted(self, *, actor: Actor, document: Document, payload: CountPayload) -> None:
        if payload.differs and not payload.explanation.strip():
            raise CountUnexplained

    def on_approved(self, *, actor: Actor, document: Document, payload: CountPayload) -> None:
        missing, found = runs_of(payload.missing), runs_of(payload.found)
        locks.lock_ranges(run.range_id for run in [*missing, *found])
        # What has been issued since it was counted was not missing after all.
        moves.mark(missing, start=KEPT, to=PlaceState.MISSING, store_id=document.store_id)
        moves.mark(found, start=[PlaceState.MISSING], to=PlaceState.STORE, store_id=document.store_id)


@kind
class Destruction(DocumentKind[DestructionPayload]):
    """Blank cards and collected ones are destroyed before two witnesses, who are not the one that files it (R-E05)."""

    code, prefix, label = queries.DESTRUCTION_KIND, "XH", _("卡片销毁")
    payload_type = DestructionPayload
    draft_act = Act.STOCK_DESTROY
    approvals = (Approval(_("监销人甲"), Act.STOCK_DESTROY), Approval(_("监销人乙"), Act.STOCK_DESTROY))
    completes_itself = True
    by_hand = False

    def summary(self, payload: DestructionPayload) -> str:
        return f"{payload.reason} × {payload.quantity}"

    def check(self, *, actor: Actor, store_id: int | None, payload: DestructionPayload) -> DestructionPayload:
        if not payload.reason.strip():
            raise DocumentInvalid(problem_label=_("请填写销毁原因。"))
        found = read_list(payload.text)
        loose = sorted(set(found.loose))
        _check_destroyable(found.runs, loose, store_id)
        return msgspec.structs.replace(
            payload,
            listed=listed_of(found.runs),
            loose=loose,
            quantity=size(runs_of(listed_of(found.runs))) + len(loose),
        )

    def on_approved(self, *, actor: Actor, document: Document, payload: DestructionPayload) -> None:
        runs = runs_of(payload.listed)
        locks.lock_ranges(run.range_id for run in runs)
        _check_destroyable(runs, payload.loose, document.store_id)
        chosen = queries.card_ids_of(runs)
        chosen += Card.objects.filter(number__in=payload.loose).values_list("pk", flat=True)
        destroy_cards(actor=actor, card_ids=chosen, store_id=document.store_id, document=document.number)
        CardPlace.objects.filter(card_id__in=chosen).update(state=PlaceState.DESTROYED)


def _check_destroyable(runs: Sequence[Run], loose: Sequence[str], store_id: int | None) -> None:
    """Every card is blank or collected and, for a store's own destruction, lies in that store."""
    chosen = queries.card_ids_of(runs)
    cards = Card.objects.filter(Q(pk__in=chosen) | Q(number__in=loose))
    wrong = ~Q(status__in=LIFE[CardAct.DESTROY].start)
    if store_id is not None:
        wrong |= ~Q(place__store_id=store_id) & ~Q(store_id=store_id)
    card = cards.filter(wrong).order_by("number").first()
    if card is not None:
        raise NotDestroyable(card_number=card.number, status_label=card.get_status_display())


def _all_in_store(found: int, wanted: int, store_id: int | None) -> None:
    if found != wanted:
        name = Store.objects.filter(pk=store_id or 0).values_list("name", flat=True).first()
        raise NotInStore(wanted=wanted, found=found, store_name=name)


def _run(payload: DeliveryPayload) -> Run:
    return Run(payload.range_id, payload.first, payload.last)


def _all_or_none(moved: int, payload: DeliveryPayload, state: PlaceState) -> None:
    if moved != payload.quantity:
        raise CardsElsewhere(
            first=payload.first_number,
            last=payload.last_number,
            wanted=payload.quantity,
            found=moved,
            place_label=state.label,
        )
