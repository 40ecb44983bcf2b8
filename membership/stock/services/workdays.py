"""A chain's own word on which days are worked, over what is built in: the next notice, a local holiday."""

from datetime import date, timedelta
from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError
from membership.stock.models import WorkDay
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require

MOST_AT_ONCE: Final = 31
_LONGEST_NAME: Final = 40


class DaysUnclear(DomainError):
    """The days end before they begin, or are more than a month."""

    code = "days_unclear"
    status = 400
    message = _("截止日期不能早于起始日期，一次最多 {most} 天。未作任何更改。")


def set_days(*, actor: Actor, first: date, last: date, worked: bool, name: str = "") -> int:
    """Say that these days, both ends included, are worked, or are holidays; how many. What was said of one of them
    before gives way. Deliveries that were announced before keep their day.

    Raises:
        NotAllowed, DaysUnclear
    """
    require(actor, Act.CARD_TYPE)
    count = (last - first).days + 1
    if not 1 <= count <= MOST_AT_ONCE:
        raise DaysUnclear(most=MOST_AT_ONCE)
    called = " ".join(name.split())[:_LONGEST_NAME]
    days = [WorkDay(day=first + timedelta(days=ahead), worked=worked, name=called) for ahead in range(count)]
    WorkDay.objects.bulk_create(days, update_conflicts=True, unique_fields=["day"], update_fields=["worked", "name"])
    detail = {"first": first.isoformat(), "until": last.isoformat(), "worked": worked, "name": called}
    record(actor, "stock.workdays", object_type="stock_policy", detail=detail)
    return count


def unset_day(*, actor: Actor, day: date) -> bool:
    """Take back what was said of a day: what is built in holds again. Whether anything was.

    Raises:
        NotAllowed
    """
    require(actor, Act.CARD_TYPE)
    removed, _by_model = WorkDay.objects.filter(day=day).delete()
    if removed:
        detail = {"first": day.isoformat(), "until": day.isoformat(), "removed_day": True}
        record(actor, "stock.workdays", object_type="stock_policy", detail=detail)
    return bool(removed)
