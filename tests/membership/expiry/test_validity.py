"""Members are told that their cards end: once for each day, by the way they agreed to (R-P28)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta

import pytest

from kernel import clock
from kernel.sms.models import OutgoingText
from kernel.sms.services import read
from membership.cards.models import Card
from membership.expiry import queries
from membership.expiry.models import DailyRun, ExpiryPolicy, ValidityNotice
from membership.expiry.services import daily, telling, validity
from tenants.chains.models import Chain
from tests.membership.conftest import Holder
from tests.membership.expiry.test_telling import Agree, agree

__all__ = ["agree"]
InChain = Callable[..., AbstractContextManager[None]]


def _end_on(holder: Holder, day: date, *, field: str = "valid_until") -> None:
    Card.objects.filter(pk=holder.card.pk).update(**{field: day})


@pytest.mark.parametrize("field", ["valid_until", "account_valid_until"])
def test_the_earlier_end_is_told_once_and_a_later_one_again(
    chain: Chain, in_chain: InChain, holder: Holder, agree: Agree, field: str
) -> None:
    day = clock.today() + timedelta(days=30)
    with in_chain():
        agree(holder)
        _end_on(holder, day, field=field)
    assert daily.run(chain.schema_name)["validity_noticed"] == 1
    with in_chain():
        DailyRun.objects.all().delete()
    assert "validity_noticed" not in daily.run(chain.schema_name)
    with in_chain():
        told, text = ValidityNotice.objects.get(), OutgoingText.objects.get()
        assert (told.ends_on, told.channel, told.text_id, text.template) == (day, "SMS", text.pk, "card_ending")
        said = read(text)["text"]
        assert said == f"您尾号 0001 的会员卡有效期至 {day}，之后暂停使用，到店即可免费重新启用。余额不受影响。"
        assert text.useless_at.astimezone(clock.CHINA).date() == day + timedelta(days=1)
        # Put off, which is another end; and when that is near, it is told of too.
        _end_on(holder, day + timedelta(days=20), field=field)
        assert not queries.cards_ending(today=clock.today()).exists()
        with clock.frozen(clock.now() + timedelta(days=25)):
            assert validity.give_notices(today=clock.today()) == 1
            assert telling.tell_some() == 1
        assert OutgoingText.objects.count() == 2


def test_nobody_is_told_of_what_is_far_over_or_not_in_use(in_chain: InChain, issue: Callable[..., Holder]) -> None:
    today = clock.today()
    far, over, lost = issue("远"), issue("过"), issue("失")
    with in_chain():
        _end_on(far, today + timedelta(days=31))
        _end_on(over, today - timedelta(days=1))
        _end_on(lost, today)
        Card.objects.filter(pk=lost.card.pk).update(status="LOST")
        assert validity.give_notices(today=today) == 0
        Card.objects.filter(pk=lost.card.pk).update(status="ACTIVE")
        ExpiryPolicy.objects.update(validity_notice_days=0)
        assert validity.give_notices(today=today) == 0
        ExpiryPolicy.objects.update(validity_notice_days=1)
        assert validity.give_notices(today=today) == 1


def test_a_notice_that_does_not_hold_any_more_is_not_sent(in_chain: InChain, holder: Holder, agree: Agree) -> None:
    """Her card was prolonged, or is not hers to use, after the notice was written and before a worker came to it."""
    today = clock.today()
    with in_chain():
        agree(holder)
        _end_on(holder, today)
        assert validity.give_notices(today=today) == 1
        _end_on(holder, today + timedelta(days=400))
        assert telling.tell_some() == 0
        _end_on(holder, today)
        assert telling.tell_some() == 1
        OutgoingText.objects.update(state="FAILED", content="")
        assert telling.hand_back() == 1
        assert ValidityNotice.objects.get().channel == "SHOP"
