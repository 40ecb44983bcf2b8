"""Making cards: ranges of idle ones, before anybody has them."""

from dataclasses import dataclass
from typing import Final

from django.db import IntegrityError, connection, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import DomainError
from membership.cards.domain import NumberRange, luhn_digit
from membership.cards.models import CardLevel, CardType
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require

ORDINARY = "ORDINARY"


class InvalidNumberRange(DomainError):
    """The number range cannot be made."""

    code = "invalid_number_range"
    status = 400
    message = _("号段无效：{problem_label}")


class NumberFormWrong(DomainError):
    """The numbers are not those of the type (R-F09); none of the range was made."""

    code = "card_number_form"
    status = 400
    message = _("卡号 {card_number} 不符合“{type_name}”的编号规则：{rule_label}。整个号段均未制卡。")


class CardNumberTaken(DomainError):
    """A number of the range exists already; none of the range was made."""

    code = "card_number_taken"
    status = 409
    message = _("卡号 {card_number} 已存在，整个号段均未制卡。")


class LevelNotFound(DomainError):
    """No level has this code."""

    code = "card_level_not_found"
    status = 404
    message = _("没有代码为“{level_code}”的卡级别。")


class TypeNotFound(DomainError):
    """No card type has this code."""

    code = "card_type_not_found"
    status = 404
    message = _("没有代码为“{type_code}”的卡类型。")


_RANGE_PROBLEMS: dict[str, str | Promise] = {
    "quantity": _("数量须在 1 到 100,000 之间。"),
    "prefix": _("前缀只能用数字和大写字母。"),
    "check_digit": _("使用校验位时前缀只能是数字。"),
    "serial": _("起始号不能为负，且号段的末号不能超过流水号位数。"),
    "length": _("卡号总长不能超过 32 位。"),
}


@dataclass(frozen=True, slots=True)
class MadeCards:
    """A range of cards that was just made."""

    first: str
    last: str
    quantity: int


def make_cards(
    *, actor: Actor, level_code: str, numbers: NumberRange, type_code: str = ORDINARY, store_id: int | None = None
) -> MadeCards:
    """Make idle cards with consecutive numbers, bound to a type and a level, linked to nobody (R-B08 – R-B11). All or
    none.

    Raises:
        NotAllowed, InvalidNumberRange, LevelNotFound, TypeNotFound, NumberFormWrong
        CardNumberTaken: names the first number that exists already.
    """
    require(actor, Act.CARD_MAKE, store_id=store_id)
    if problem := numbers.problem:
        raise InvalidNumberRange(problem_label=_RANGE_PROBLEMS[problem])
    level, card_type = level_of(level_code), type_of(type_code)
    texts = numbers.numbers()
    check_number_form(texts[0], card_type)
    _refuse_taken(texts)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_MAKE, [card_type.pk, level.pk, clock.now(), texts])
    except IntegrityError:
        # Somebody made one of them since we looked; their transaction has ended, so now it can be named.
        _refuse_taken(texts)
        raise
    made = MadeCards(first=texts[0], last=texts[-1], quantity=len(texts))
    record(
        actor,
        Act.CARD_MAKE,
        object_type="card_range",
        object_id=made.first,
        store_id=store_id,
        detail={"last": made.last, "quantity": made.quantity, "type": card_type.code, "level": level.code},
    )
    return made


def level_of(code: str) -> CardLevel:
    """The level with this code.

    Raises:
        LevelNotFound
    """
    try:
        return CardLevel.objects.get(code=code)
    except CardLevel.DoesNotExist:
        raise LevelNotFound(level_code=code) from None


def type_of(code: str) -> CardType:
    """The type with this code.

    Raises:
        TypeNotFound
    """
    try:
        return CardType.objects.get(code=code)
    except CardType.DoesNotExist:
        raise TypeNotFound(type_code=code) from None


def check_number_form(number: str, card_type: CardType) -> None:
    """A number has the prefix, the length and the check digit that its type asks for (R-F09).

    Raises:
        NumberFormWrong
    """
    if not number.startswith(card_type.number_prefix):
        rule = _("须以“{prefix}”开头").format(prefix=card_type.number_prefix)
    elif card_type.number_length not in (None, len(number)):
        rule = _("须为 {length} 位").format(length=card_type.number_length)
    elif card_type.check_digit and not (number.isdigit() and luhn_digit(number[:-1]) == number[-1]):
        rule = str(_("末位须为校验位"))
    else:
        return
    raise NumberFormWrong(card_number=number, type_name=card_type.name, rule_label=rule)


# One statement, however many: the numbers travel as one array.
_MAKE: Final = """
    INSERT INTO cards_card (number, type_id, level_id, status, locked, made_at, pin_hash, pin_must_change, pin_version)
    SELECT listed.number, %s, %s, 'IDLE', false, %s, '', true, 0
    FROM unnest(%s::text[]) WITH ORDINALITY AS listed (number, place) ORDER BY listed.place"""
_TAKEN: Final = "SELECT number FROM cards_card WHERE number = ANY(%s::text[]) ORDER BY number LIMIT 1"


def _refuse_taken(numbers: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, [numbers])
        taken = cursor.fetchone()
    if taken is not None:
        raise CardNumberTaken(card_number=taken[0])
