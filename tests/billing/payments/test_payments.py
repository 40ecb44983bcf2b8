"""Top-ups, saved cards, automatic top-ups and refunds, from the owner's click to the ledger."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.test import Client

from billing.accounts.domain import AccountStanding, AccountTooLow
from billing.payments import queries, services
from billing.payments.domain import AttemptKind, AttemptState, EventState, Method
from billing.payments.errors import (
    AttemptNotFound,
    EventSettled,
    RefundOutOfRange,
    SavedCardInUse,
    SavedCardMissing,
    SavedCardNotFound,
    ThresholdOutOfRange,
    TopUpBelowThreshold,
    TopUpOutOfRange,
)
from billing.payments.gateway import gateway
from billing.payments.models import Attempt, AutoTopUp, PaymentEvent, SavedCard
from billing.simulator import paying, store
from kernel import clock
from kernel.db import in_public
from kernel.ids import uuid7
from kernel.mail.models import OutgoingMail
from tenants.people.domain import NotAllowed
from tests import cast
from tests.billing.payments.town import Town


def test_a_top_up_is_credited_when_the_service_says_so(town: Town) -> None:
    attempt = town.top_up(12_345)
    assert attempt.state == AttemptState.OPEN
    assert attempt.url == f"http://localhost:8000/dev/pay/{attempt.object_id}/"
    town.pay(attempt)
    assert town.standing == AccountStanding(0, 0)
    town.deliver()
    assert town.standing == AccountStanding(0, 0)
    town.work()
    assert town.standing == AccountStanding(12_345, 0)
    assert town.state(attempt) == AttemptState.SUCCEEDED
    assert town.attempt(attempt.pk).url == ""


@pytest.mark.parametrize("method", list(Method))
def test_every_way_to_pay_is_asked_for_in_stripes_words(town: Town, method: Method) -> None:
    attempt = town.top_up(400, method)
    town.pay(attempt)
    services.look_at(attempt.pk, at_once=True)
    assert town.standing == AccountStanding(400, 0)


def test_a_top_up_pays_what_is_owed(town: Town) -> None:
    town.use(700, "m/1")
    town.pay(town.top_up(1_000))
    town.rest()
    assert town.standing == AccountStanding(300, 0)


def test_coming_back_credits_nothing_that_was_not_paid(town: Town) -> None:
    attempt = town.top_up()
    services.look_at(attempt.pk, at_once=True)
    assert (town.state(attempt), town.standing.prepaid_fen) == (AttemptState.OPEN, 0)
    with in_public():
        paying.decline(attempt.object_id)
    town.rest()
    assert (town.state(attempt), town.standing.prepaid_fen) == (AttemptState.EXPIRED, 0)


def test_a_declined_payer_may_try_again_on_the_page(town: Town) -> None:
    attempt = town.top_up()
    with in_public():
        paying.decline(attempt.object_id)
    town.deliver()
    town.work()
    assert (town.state(attempt), town.attempt(attempt.pk).error_code) == (AttemptState.OPEN, "card_declined")
    town.pay(attempt)
    town.rest()
    assert (town.state(attempt), town.standing.prepaid_fen) == (AttemptState.SUCCEEDED, 10_000)


def test_an_abandoned_page_ends(town: Town) -> None:
    attempt = town.top_up()
    with in_public():
        paying.abandon(attempt.object_id)
    town.rest()
    assert town.state(attempt) == AttemptState.EXPIRED
    with in_public(), pytest.raises(paying.PageOver):
        paying.pay(attempt.object_id)


def test_the_same_form_twice_is_one_top_up(town: Town) -> None:
    attempt_id = uuid7()
    first = town.top_up(attempt_id=attempt_id)
    assert town.top_up(attempt_id=attempt_id).object_id == first.object_id
    other = Town(cast.request("qinghe"))
    with pytest.raises(AttemptNotFound):
        other.top_up(attempt_id=attempt_id)


@pytest.mark.parametrize("fen", [0, 399, 5_000_001])
def test_what_the_service_would_not_take_is_not_asked(town: Town, fen: int) -> None:
    with pytest.raises(TopUpOutOfRange):
        town.top_up(fen)
    with in_public():
        assert not Attempt.objects.exists()


def test_the_service_is_never_asked_inside_a_transaction(town: Town) -> None:
    with in_public(), pytest.raises(RuntimeError, match="inside a database transaction"):
        gateway().fetch("pi_1")
    with transaction.atomic(), pytest.raises(RuntimeError):
        gateway().fetch("cs_1")


def test_a_card_is_saved_and_removed(town: Town) -> None:
    card = town.save_card()
    assert (str(card), card.exp_month) == ("visa •••• 4242", 12)
    assert town.standing == AccountStanding(0, 0)
    town.automatic(card)
    with pytest.raises(SavedCardInUse):
        services.remove_card(actor=town.owner, chain_id=town.shop.pk, saved_card_id=card.pk)
    with in_public():
        AutoTopUp.objects.update(enabled=False)
    services.remove_card(actor=town.owner, chain_id=town.shop.pk, saved_card_id=card.pk)
    with in_public():
        assert queries.saved_cards(town.shop.pk) == []
    with pytest.raises(SavedCardNotFound):
        services.remove_card(actor=town.owner, chain_id=town.shop.pk, saved_card_id=card.pk)


def test_below_the_threshold_the_card_is_charged(town: Town, make_active: None) -> None:
    town.automatic(town.save_card())
    town.use(1, "opens")
    assert services.charge_due() == 1
    assert town.standing == AccountStanding(19_999, 0)
    assert services.charge_due() == 0
    town.use(15_000, "m/2")
    assert services.charge_due() == 1
    town.rest()
    assert town.standing == AccountStanding(24_999, 0)
    assert town.credited() == town.received() == 40_000


def test_a_declined_card_is_left_alone_and_the_owner_told(town: Town, make_active: None) -> None:
    town.automatic(town.save_card("9995"))
    town.use(1, "opens")
    moment = clock.now()
    charged_after = []
    for hour in range(24 * 6):
        with clock.frozen(moment + timedelta(hours=hour)):
            if services.charge_due():
                charged_after.append(hour)
    assert charged_after == [0, 6, 30, 102]
    with in_public():
        order = AutoTopUp.objects.get()
        assert (order.enabled, order.failures, order.problem) == (False, 4, "insufficient_funds")
        mails = list(OutgoingMail.objects.order_by("pk"))
    assert len(mails) == 4
    assert mails[0].recipients == [town.shop.owner.email]
    assert "insufficient_funds" in mails[0].body
    assert "自动充值已关闭" in mails[3].body
    assert "自动充值已关闭" not in mails[2].body
    assert town.standing == AccountStanding(0, 1)


def test_a_bank_that_wants_the_owner_ends_it_at_once(town: Town, make_active: None) -> None:
    town.automatic(town.save_card("3184"))
    town.use(1, "opens")
    services.charge_due()
    with in_public():
        assert not AutoTopUp.objects.get().enabled
    town.rest()
    with in_public():
        assert OutgoingMail.objects.count() == 1
        assert Attempt.objects.get(kind=AttemptKind.AUTO_TOP_UP).error_code == "authentication_required"


def test_a_card_is_charged_so_often_a_day_and_no_more(town: Town, make_active: None) -> None:
    """An order saved when the amount might be less than the threshold stays, and meets the ceiling."""
    town.automatic(town.save_card())
    with in_public():
        AutoTopUp.objects.update(threshold_fen=500_000, amount_fen=50_000)
    town.use(1, "opens")
    noon = datetime(2027, 3, 1, 12, tzinfo=clock.CHINA)
    with clock.frozen(noon):
        assert [services.charge_due() for _minute in range(8)] == [1, 1, 1, 1, 1, 0, 0, 0]
        with in_public():
            order = AutoTopUp.objects.get()
            assert (order.enabled, order.problem, order.failures) == (True, "daily_ceiling", 0)
            assert order.next_at == datetime(2027, 3, 2, tzinfo=clock.CHINA)
            assert queries.waits_until(order, now=noon) == order.next_at
            assert queries.waits_until(order, now=order.next_at) is None
            mail = OutgoingMail.objects.get()
        assert (mail.recipients, mail.subject) == ([town.shop.owner.email], f"今天的自动充值已达上限：{town.shop.name}")
        assert "每天最多自动充值 5 次" in mail.body
        assert "at most 5 times a day" in mail.body
    with clock.frozen(noon + timedelta(days=1)):
        assert [services.charge_due() for _minute in range(7)] == [1, 1, 1, 1, 1, 0, 0]
    with in_public():
        assert OutgoingMail.objects.count() == 2
    assert town.standing == AccountStanding(499_999, 0)


def test_one_charge_lifts_the_account_above_the_threshold(town: Town) -> None:
    card = town.save_card()

    def set_to(fen: int, *, enabled: bool = True) -> None:
        with in_public():
            services.set_auto_top_up(
                actor=town.owner, chain_id=town.shop.pk, enabled=enabled, threshold_fen=50_000, amount_fen=fen,
                saved_card_id=card.pk,
            )  # fmt: skip

    with pytest.raises(TopUpBelowThreshold, match=r"不少于 ¥500\.00"):
        set_to(49_999)
    set_to(50_000)
    set_to(49_999, enabled=False)
    with in_public():
        assert not AutoTopUp.objects.get().enabled


def test_a_standing_order_needs_a_card_and_sane_amounts(town: Town) -> None:
    card = town.save_card()
    other = cast.request("qinghe")
    for chain_id, threshold, fen, error in (
        (town.shop.pk, 0, 20_000, ThresholdOutOfRange),
        (town.shop.pk, 5_000_001, 20_000, ThresholdOutOfRange),
        (town.shop.pk, 1, 399, TopUpOutOfRange),
        (other.pk, 100, 20_000, SavedCardNotFound),
    ):
        with in_public(), pytest.raises(error):
            services.set_auto_top_up(
                actor=town.owner, chain_id=chain_id, enabled=True, threshold_fen=threshold, amount_fen=fen,
                saved_card_id=card.pk,
            )  # fmt: skip
    with in_public(), pytest.raises(SavedCardMissing):
        services.set_auto_top_up(
            actor=town.owner, chain_id=town.shop.pk, enabled=True, threshold_fen=1, amount_fen=400, saved_card_id=None
        )
    with in_public():
        assert not AutoTopUp.objects.exists()


def refund(town: Town, of: Attempt, fen: int) -> Attempt:
    return services.start_refund(actor=town.clerk(), attempt_id=uuid7(), of_id=of.pk, amount_fen=fen, reason="多付")


def test_a_top_up_is_sent_back_in_parts(town: Town) -> None:
    paid = town.top_up(10_000)
    town.pay(paid)
    town.rest()
    first = refund(town, paid, 4_000)
    assert town.standing == AccountStanding(6_000, 0)
    with pytest.raises(RefundOutOfRange):
        refund(town, paid, 6_001)
    town.rest()
    assert town.state(first) == AttemptState.SUCCEEDED
    assert town.credited() == town.received() == 6_000


def test_what_was_used_is_not_sent_back(town: Town) -> None:
    paid = town.top_up(10_000)
    town.pay(paid)
    town.rest()
    town.use(9_000, "m/1")
    with pytest.raises(AccountTooLow):
        refund(town, paid, 1_001)
    with pytest.raises(NotAllowed):
        services.start_refund(actor=town.owner, attempt_id=uuid7(), of_id=paid.pk, amount_fen=1, reason="")
    with pytest.raises(AttemptNotFound):
        services.start_refund(actor=town.clerk(), attempt_id=uuid7(), of_id=uuid7(), amount_fen=1, reason="")
    assert town.standing == AccountStanding(1_000, 0)


def test_a_refund_that_the_bank_sends_back_is_credited_again(town: Town) -> None:
    paid = town.top_up(10_000)
    town.pay(paid)
    town.rest()
    sent = refund(town, paid, 4_000)
    town.rest()
    with in_public():
        paying.refuse_refund(town.attempt(sent.pk).object_id)
    town.rest()
    assert (town.state(sent), town.standing) == (AttemptState.FAILED, AccountStanding(10_000, 0))


def test_a_refund_made_at_the_service_itself_is_taken_from_the_account(town: Town) -> None:
    paid = town.top_up(10_000)
    town.pay(paid)
    town.rest()
    town.use(9_000, "m/1")
    with in_public():
        (intent,) = store.listed("payment_intent")
        paying.make_refund(intent, 3_000, metadata={})
    town.rest()
    assert town.standing == AccountStanding(0, 2_000)
    assert town.credited() == town.received() == 7_000


def test_messages_that_nobody_signed_are_refused(town: Town) -> None:
    postman = Client(headers={"host": cast.host(None)})
    for signature in ("", "t=1,v1=00", "nonsense"):
        answer = postman.post(
            "/api/webhooks/stripe/", b'{"id": "evt_1"}', content_type="application/json",
            headers={"Stripe-Signature": signature},
        )  # fmt: skip
        assert answer.status_code == 400
    assert town.events() == 0


def test_staff_look_at_what_could_not_be_made_sense_of(town: Town) -> None:
    with in_public():
        stranger = store.make("customer", name="?", email="", metadata={})["id"]
        card = store.make("payment_method", customer=stranger, type="card", card={"last4": "4242"}, metadata={})
        paying.make_intent(stranger, 5_000, card, metadata={}, problem=None)
    town.rest()
    with in_public():
        event = PaymentEvent.objects.get()
        assert (event.state, event.problem) == (EventState.ATTENTION, "not_ours")
        services.resend_event(actor=town.clerk(), event_pk=event.pk)
    services.process_due()
    assert town.events(EventState.ATTENTION) == 1
    with in_public():
        services.ignore_event(actor=town.clerk(), event_pk=event.pk)
        assert queries.attention_count() == 0
    with in_public(), pytest.raises(NotAllowed):
        services.ignore_event(actor=town.owner, event_pk=event.pk)
    with in_public(), pytest.raises(EventSettled):
        services.ignore_event(actor=town.clerk(), event_pk=event.pk)
    assert town.standing == AccountStanding(0, 0)


def test_a_payment_of_another_chains_customer_is_not_credited(town: Town) -> None:
    other = Town(cast.request("qinghe"))
    theirs = other.top_up(5_000)
    other.pay(theirs)
    with in_public():
        (intent,) = store.listed("payment_intent")
        mine = Attempt.objects.create(
            id=uuid7(), chain=town.shop, kind=AttemptKind.TOP_UP, amount_fen=5_000, actor="x",
            created_at=clock.now(), due_at=clock.now() + timedelta(days=9),
        )  # fmt: skip
        store.change(intent, metadata={"attempt": str(mine.pk)})
    town.rest()
    assert town.standing == AccountStanding(0, 0)
    assert town.state(mine) == AttemptState.CREATED


def test_saved_cards_are_known_once(town: Town) -> None:
    town.save_card()
    town.rest()
    with in_public():
        assert SavedCard.objects.count() == 1
