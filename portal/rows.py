"""What the templates of desk and members show of cards, members and records."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from kernel.clock import CHINA
from ledger.domain import LotKind
from membership.cards.models import Card
from membership.cards.queries import CardValue
from membership.cashier.domain import receipt_number
from membership.cashier.quoting import Quote
from membership.cashier.tender import Means
from membership.members.domain import masked_name, masked_phone
from membership.members.models import Member
from membership.packages.domain import PackageUnit
from membership.records.domain import RecordKind
from membership.records.models import Record
from portal.actors import shown_name
from portal.components.faces import face_of

Row = dict[str, Any]


def card_row(card: Card) -> Row:
    """A card as a list or a card face shows it."""
    member, stored, points = card.member, card.stored_account, card.points_account
    return {
        "number": card.number,
        "type_name": card.type.name,
        "plate": card.bound_vehicle.plate if card.bound_vehicle else None,
        "vin": card.bound_vehicle.vin if card.bound_vehicle else None,
        "bearer": card.bearer,
        "level_name": card.level.name,
        "level_face": face_of(card.level.code),
        "status": card.status,
        "status_label": card.get_status_display(),
        "locked": card.locked,
        "member_name": member.name if member else None,
        "member_code": member.code if member else None,
        "valid_until": card.valid_until,
        "account_valid_until": card.account_valid_until,
        "balance_fen": stored.balance if stored else None,
        "points": points.balance if points else None,
    }


def member_row(member: Member) -> Row:
    """A member, her telephone masked."""
    return {
        "code": member.code,
        "name": member.name,
        "phone": masked_phone(member.phone),
        "birthday": member.birthday,
        "created_at": member.created_at,
        "card_count": getattr(member, "card_count", None),
    }


def record_row(record: Record) -> Row:
    """A record, read with its card, holder and store."""
    member = record.card.member
    return {
        "id": record.id,
        "kind": record.kind,
        "kind_label": record.get_kind_display(),
        "amount_fen": record.amount_fen,
        "balance_after_fen": record.balance_after_fen,
        "card_number": record.card.number,
        "member_name": member.name if member else None,
        "store_name": record.store.name if record.store else None,
        "actor_name": shown_name(record.actor, record.actor_name),
        "occurred_at": record.occurred_at,
        "detail": _told(record),
        "parts": part_rows(record),
    }


def _told(record: Record) -> str:
    """A record's own words; where a validity was set, which of the two."""
    said: str = record.detail.get("note", "")
    if record.kind == RecordKind.VALIDITY and said:
        account = record.detail.get("field") == "account_valid_until"
        return (_("账户有效期至 %(day)s") if account else _("卡有效期至 %(day)s")) % {"day": said}
    return said


def part_rows(record: Record) -> list[Row]:
    """What a bill was paid with, or what it came back as; nothing where it was stored value and nothing else."""
    parts: dict[str, int] = record.detail.get("parts", {})
    # The database keeps them in an order of its own.
    return [{"label": means.label, "amount_fen": parts[means.value]} for means in Means if means.value in parts]


def receipt_row(record: Record) -> Row:
    """A record as a receipt: its number, what was paid and given, by which means, which lots gave, which points."""
    after, detail = record.balance_after_fen, record.detail
    drawn: dict[str, int] = detail.get("drawn", {})
    expires = detail.get("bonus_expires_at")
    return record_row(record) | {
        "number": receipt_number(record.id, record.occurred_at),
        "paid_fen": detail.get("paid_fen"),
        "bonus_fen": detail.get("bonus_fen"),
        "bonus_usable_until": last_day_before(datetime.fromisoformat(expires)) if expires else None,
        "total_fen": detail.get("total_fen"),
        "points": detail.get("points"),
        "points_after": detail.get("points_after"),
        "prepayment_fen": detail.get("prepayment_fen"),
        "prepayment_after_fen": detail.get("prepayment_after_fen"),
        "balance_before_fen": None if after is None else after - record.amount_fen,
        "posting_id": record.posting_id,
        # Less than nothing was drawn where a return or a reversal gave it back.
        "draws": [
            {"kind_label": lot_label(kind), "amount_fen": abs(fen), "is_back": fen < 0} for kind, fen in drawn.items()
        ],
    }


def slip_row(record: Record) -> Row:
    """A record as it is printed for its customer: names and numbers hold enough for her, too little for a finder."""
    row = receipt_row(record)
    return row | {
        "holder": masked_name(row["member_name"] or ""),
        "card_masked": f"{record.card.number[:4]}****{record.card.number[-4:]}",
        "package": package_words(record.detail),
        "wants_signature": record.kind in (RecordKind.CONSUMPTION, RecordKind.RETURN),
    }


def package_words(detail: dict[str, Any]) -> Row | None:
    """What a record tells of a package that was sold, used or reversed; None where it tells of none."""
    if "package" not in detail:
        return None
    unit = detail.get("unit", "")
    return {
        "name": detail["package"],
        "unit_label": PackageUnit(unit).label if unit in PackageUnit.values else unit,
        "sold": detail.get("quantity"),
        "used": detail.get("used"),
        "left": detail.get("left"),
    }


def last_day_before(end: datetime) -> date:
    """The last day, in China, of what ends at this moment: what ends at midnight is last used on the day before."""
    return (end - timedelta(microseconds=1)).astimezone(CHINA).date()


def value_row(value: CardValue | None) -> Row | None:
    """What is on a card."""
    if value is None:
        return None
    return {
        "total_fen": value.total_fen,
        "principal_fen": value.principal_fen,
        "bonus_fen": value.bonus_fen,
        "points": value.points,
    }


def quote_row(quote: Quote) -> Row:
    """What a payment would do: what each kind of lot gives, and what stays."""
    return {
        "refusal": str(quote.refusal) if quote.refusal else "",
        "draws": [{"kind_label": lot_label(kind), "amount_fen": fen} for kind, fen in quote.drawn.items()],
        "stored_after_fen": quote.stored_after_fen,
        "prepayment_after_fen": quote.prepayment_after_fen,
        "owed_after_fen": quote.owed_after_fen,
        "points": quote.points,
    }


def lot_label(kind: str) -> str:
    """The name of a kind of lot; one of a chain's own keeps its code."""
    return str(LotKind(kind).label) if kind in LotKind.values else _("其他（%(kind)s）") % {"kind": kind}
