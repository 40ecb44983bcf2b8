"""What a desk seldom sees, so that each of its pages shows something: cards that lie unused, points soon to be
cleared, a type that asks for an ID document, one that is bound to a vehicle, drawers that were counted, receipts that
were printed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from config.demo import applications
from kernel import clock
from kernel.money import Money
from membership.buyers.domain import Buyer
from membership.cards import services as cards
from membership.cards.domain import NumberRange
from membership.cards.models import Card
from membership.cards.services import settings
from membership.cashier import services as cashier
from membership.cashier.adjusting import adjust_points
from membership.cashier.buying import Customer
from membership.documents import services as documents
from membership.expiry.services import validity
from membership.expiry.services.dormancy import prepare_list
from membership.expiry.services.points import give_notices
from membership.expiry.services.telling import tell_some
from membership.members.domain import ConsentChannel, ConsentPurpose, ConsentSource
from membership.members.models import IdDocument, Member
from membership.members.services import create_member, give_consent
from membership.records.models import Record
from membership.stock.services import take_in_existing
from membership.tills.domain import SlipWidth, total_of
from membership.tills.queries import day_takings
from membership.tills.services import close_shift, note_print
from membership.vehicles.models import Vehicle
from tenants.people.domain import Actor

_LEVEL: Final = "PLAIN"
_UNUSED: Final = 3
_FORGOTTEN: Final = 2
_LAST_DAYS: Final = timedelta(days=20)
MEMBERS: Final = _UNUSED + applications.MEMBERS
"""Members who are only in this part of the story."""
_BOUGHT_FEN: Final = 30_000
_POINTS: Final = 680
_FLOAT_FEN: Final = 50_000
_SHIFTS: Final = 3
_PRINTS: Final = 4


_TYPES: Final[tuple[tuple[str, str, str, Mapping[str, object]], ...]] = (
    ("REALNAME", "实名储值卡", "6621", {"real_name": True, "use_by": "HOLDER"}),
    ("FLEET", "车队绑定卡", "6622", {"use_by": "VEHICLE", "cards_per_id": 1}),
)
"""A type for which an ID document must be on record, and one that serves one vehicle."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Who does these things, and where."""

    owner: Actor
    service: Actor
    cashier: Actor
    store_id: int


def lie_unused(desk: Desk, *, began: datetime) -> None:
    """The first days: some cards are sold, paid for and never seen again."""
    with clock.frozen(began + timedelta(days=1)):
        members = [_file(desk, name, place) for place, name in enumerate(("卢照邻", "骆远", "崔颢"), start=1)]
        for member, number in zip(members, blanks(_UNUSED), strict=True):
            _sell(desk, member, number)


def come_to_light(desk: Desk, *, now: datetime) -> None:
    """The last weeks: what lay unused is listed and waits for the head office, points are announced to be cleared, and
    the desk's own papers are in order.
    """
    _clear_points(desk, now)
    with clock.frozen(now - timedelta(days=2)):
        listed = prepare_list(actor=desk.service)
        documents.submit(actor=desk.service, number=listed.number, note="请总办审批")
        for code, name, prefix, values in _TYPES:
            _sell_first(desk, code, _make_type(desk, code, name, prefix, values))
    with clock.frozen(now - timedelta(hours=20)):
        _ask_for_more_time(desk)
        _ask_for_another_level(desk)
        _top_up_for_another(desk)
    _count_and_print(desk, now)
    applications.apply_online(owner=desk.owner, clerk=desk.service, store_id=desk.store_id, now=now)


def _file(desk: Desk, name: str, place: int) -> Member:
    return create_member(actor=desk.service, name=name, phone=f"1380000910{place}", store_id=desk.store_id)


def blanks(count: int) -> list[str]:
    """Cards that can be sold."""
    # From the end of the range: the story takes them from its beginning.
    found = Card.objects.filter(status="IDLE", type__code=cards.ORDINARY, level__code=_LEVEL).order_by("-number")
    return list(found.values_list("number", flat=True)[:count])


def _sell(desk: Desk, member: Member, number: str) -> None:
    cards.issue_card(actor=desk.service, number=number, member=member, store_id=desk.store_id)
    cashier.top_up(
        actor=desk.owner,
        card_number=number,
        paid=Money(_BOUGHT_FEN),
        store_id=desk.store_id,
        idempotency_key=f"demo-corner-{number}",
    )


def _clear_points(desk: Desk, now: datetime) -> None:
    """Points that nobody has used for nearly as long as the chain keeps them, on cards that end soon."""
    members = Member.objects.order_by("pk")[5 : 5 + _FORGOTTEN]
    with clock.frozen(now - timedelta(days=350)):
        for member, number in zip(members, blanks(_FORGOTTEN), strict=False):
            until = (now + _LAST_DAYS).date()
            cards.issue_card(
                actor=desk.service, number=number, member=member, store_id=desk.store_id, valid_until=until
            )
            adjust_points(
                actor=desk.service,
                card_number=number,
                points=_POINTS,
                reason="开业回馈",
                store_id=desk.store_id,
                idempotency_key=f"demo-points-{number}",
            )
    with clock.frozen(now):
        _agree_to_reminders(desk, members[0])
        give_notices(today=clock.today())
        validity.give_notices(today=clock.today())
        tell_some()


def _agree_to_reminders(desk: Desk, member: Member) -> None:
    """She proved her telephone by a code, and is told by it; the others by the shop."""
    Member.objects.filter(pk=member.pk).update(phone_verified_at=clock.now())
    give_consent(
        actor=desk.service,
        code=member.code,
        purpose=ConsentPurpose.REMINDER,
        channel=ConsentChannel.SMS,
        how=ConsentSource.DESK,
        store_id=desk.store_id,
    )


def _make_type(desk: Desk, code: str, name: str, prefix: str, values: Mapping[str, object]) -> list[str]:
    """A type in use, and blank cards of it, which are not in stock yet; their numbers."""
    shared = {"kind": "ORDINARY", "member_required": True, "balance_cap_fen": 500_000}
    settings.create_type(actor=desk.owner, code=code, values={"name": name, **shared, **values})
    settings.set_enabled(actor=desk.owner, code=code, enabled=True)
    numbers = NumberRange(prefix=prefix, first=1, quantity=10, width=7, check_digit=True)
    cards.make_cards(actor=desk.service, level_code="GOLD", type_code=code, numbers=numbers)
    return numbers.numbers()


def _sell_first(desk: Desk, code: str, numbers: list[str]) -> None:
    """The first goes to somebody whose record does for it, the others into the store's stock."""
    vehicle = None
    if code == "FLEET":
        here = Vehicle.objects.filter(repair_centres__store_id=desk.store_id, owner__isnull=False)
        vehicle = here.select_related("owner").order_by("pk").first()
        member = vehicle.owner if vehicle else None
    else:
        shown = IdDocument.objects.filter(original_seen=True, member__merged_into__isnull=True)
        document = shown.select_related("member").order_by("pk").first()
        member = document.member if document else None
    if member is not None:
        cards.issue_card(actor=desk.service, number=numbers[0], member=member, store_id=desk.store_id, vehicle=vehicle)
    text = f"{numbers[1]} 至 {numbers[-1]}"
    take_in_existing(actor=desk.service, text=text, store_id=desk.store_id)


def _ask_for_more_time(desk: Desk) -> None:
    """A validity adjustment that waits for a second person."""
    numbers = list(
        Card.objects.filter(status="ACTIVE").order_by("valid_until", "number").values_list("number", flat=True)
    )
    payload = {
        "numbers": numbers[:2],
        "shift": "LATER",
        "until": (clock.today() + timedelta(days=3 * 365)).isoformat(),
        "with_account": True,
        "reason": "门店装修停业，顺延有效期",
    }
    drafted = documents.draft(actor=desk.service, kind="CARD_VALIDITY", payload=payload, store_id=desk.store_id)
    documents.submit(actor=desk.service, number=drafted.number)


def _ask_for_another_level(desk: Desk) -> None:
    """A level adjustment that waits for a second person."""
    number = (
        Card.objects.filter(status="ACTIVE", level__code=_LEVEL).order_by("-pk").values_list("number", flat=True)[0]
    )
    payload = {"number": number, "level_code": "SILVER", "reason": "年度消费达标，升级为银卡"}
    drafted = documents.draft(actor=desk.service, kind="CARD_LEVEL", payload=payload, store_id=desk.store_id)
    documents.submit(actor=desk.service, number=drafted.number)


def _top_up_for_another(desk: Desk) -> None:
    """A daughter tops up her mother's card: she is registered with it."""
    number = (
        Card.objects.filter(status="ACTIVE", type__code=cards.ORDINARY)
        .order_by("pk")
        .values_list("number", flat=True)[0]
    )
    cashier.top_up(
        actor=desk.cashier,
        card_number=number,
        paid=Money(_BOUGHT_FEN),
        store_id=desk.store_id,
        idempotency_key="demo-agent",
        customer=Customer(Buyer(name="温晓", number="11010519491231002X", phone="13800009199")),
    )


def _count_and_print(desk: Desk, now: datetime) -> None:
    """The cashier counts her drawer at the end of the last days, once with a difference, and prints some receipts."""
    for ago in range(1, _SHIFTS + 1):
        with clock.frozen(now - timedelta(days=ago)):
            day = clock.today()
            counted = _FLOAT_FEN - (500 if ago == _SHIFTS else 0)
            close_shift(
                actor=desk.cashier,
                store_id=desk.store_id,
                day=day,
                float_in=Money(_FLOAT_FEN),
                counted=Money(counted + _cash_of(desk, day)),
                note="少 5 元，已报店长" if ago == _SHIFTS else "",
                idempotency_key=f"demo-shift-{ago}",
            )
    shown = Record.objects.filter(kind__in=("TOP_UP", "CONSUMPTION"), store_id=desk.store_id).order_by("-occurred_at")
    for record in shown[:_PRINTS]:
        note_print(actor=desk.cashier, record_id=record.pk, width=SlipWidth.MM80, store_id=desk.store_id)
        if record.kind == "TOP_UP":
            note_print(actor=desk.cashier, record_id=record.pk, width=SlipWidth.MM58, store_id=desk.store_id)


def _cash_of(desk: Desk, day: date) -> int:
    """What lies in the cashier's drawer beside its float, in fen."""
    mine = day_takings(day=day, store_id=desk.store_id, actor=str(desk.cashier)).get(str(desk.cashier), {})
    return total_of(mine.values()).cash_fen
