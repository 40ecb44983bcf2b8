"""Which days are worked: the built-in calendar, and over it what the chain says itself (R-F07)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date

import pytest
from django.db import transaction

from kernel.errors import DomainError
from membership.stock.models import WorkDay
from membership.stock.queries import working_days_after
from membership.stock.services.workdays import set_days, unset_day
from tenants.audit.models import AuditEntry
from tenants.people.domain import Actor, NotAllowed

InChain = Callable[..., AbstractContextManager[None]]
FRIDAY = date(2027, 2, 5)


def test_what_the_chain_says_outranks_what_is_built_in(in_chain: InChain, clerk: Actor) -> None:
    with in_chain():
        assert working_days_after(FRIDAY, 3) == date(2027, 2, 10)
        assert set_days(actor=clerk, first=date(2027, 2, 8), last=date(2027, 2, 12), worked=False, name="春节") == 5
        set_days(actor=clerk, first=date(2027, 2, 13), last=date(2027, 2, 13), worked=True, name="调休上班")
        assert working_days_after(FRIDAY, 1) == date(2027, 2, 13)
        # 1 October 2026 is closed everywhere; here it is not.
        assert working_days_after(date(2026, 9, 30), 1) == date(2026, 10, 8)
        set_days(actor=clerk, first=date(2026, 10, 1), last=date(2026, 10, 1), worked=True)
        assert working_days_after(date(2026, 9, 30), 1) == date(2026, 10, 1)
        set_days(actor=clerk, first=date(2026, 10, 1), last=date(2026, 10, 1), worked=False)
        assert WorkDay.objects.filter(day=date(2026, 10, 1)).count() == 1
        assert unset_day(actor=clerk, day=date(2027, 2, 13))
        assert not unset_day(actor=clerk, day=date(2027, 2, 13))
        assert working_days_after(FRIDAY, 1) == date(2027, 2, 15)
        assert AuditEntry.objects.filter(act="stock.workdays").count() == 5


@pytest.mark.parametrize("last", [date(2027, 2, 4), date(2027, 3, 9)])
def test_too_many_days_and_days_the_wrong_way_are_refused(in_chain: InChain, clerk: Actor, last: date) -> None:
    with in_chain():
        with pytest.raises(DomainError) as refused, transaction.atomic():
            set_days(actor=clerk, first=FRIDAY, last=last, worked=False)
        assert refused.value.code == "days_unclear"
        with pytest.raises(NotAllowed), transaction.atomic():
            set_days(actor=Actor(kind="staff", id=9), first=FRIDAY, last=FRIDAY, worked=False)
        assert not WorkDay.objects.exists()
