"""Applying for a card on the web: what is asked, what is refused, and that nobody learns who is known here."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kernel import clock
from kernel.files.models import StoredFile
from kernel.files.services import contents
from kernel.sms.models import OutgoingText
from membership.applications.domain import Handing
from membership.applications.models import Application, ApplicationCode, CodeSent
from membership.applications.queries import count_waiting
from membership.applications.services import (
    Wish,
    apply,
    ask_for_code,
    find_by_code,
    publish_terms,
    save_policy,
    send_code_again,
    submit,
    withdraw,
)
from membership.applications.services.codes import A_DAY, TRIES, answer_asks
from membership.cards.models import CardType
from membership.events.models import Event
from membership.events.queries import waiting
from membership.members.domain import DocumentKind
from membership.members.services import create_member
from tenants.audit.models import AuditEntry
from tenants.chains.models import Chain
from tenants.people.domain import Actor, NotAllowed
from tests.membership.applications.conftest import ID_NUMBER, PHONE, SITE, code_in, last_text, refused
from tests.pictures import exif, jpeg

InChain = Callable[..., AbstractContextManager[None]]
MakeWish = Callable[..., Wish]


def test_an_application_is_on_the_work_list_once_the_telephone_is_hers(
    chain: Chain, in_chain: InChain, wish: MakeWish, clerk: Actor
) -> None:
    """R-A11, R-A12, R-H03."""
    with in_chain():
        draft = apply(chain=chain, wish=wish(photo=jpeg(notes=exif((0x010F, 7)))))
        assert (draft.state, draft.masked) == ("DRAFT", "****************2X")
        assert ID_NUMBER not in draft.id_number
        assert draft.plain_number() == ID_NUMBER
        assert (count_waiting(clerk), list(waiting(limit=9))) == (0, [])
        kept = StoredFile.objects.get()
        assert (kept.content_type, kept.filename) == ("image/jpeg", "document.jpg")
        assert kept.expires_at is not None
        assert timedelta(0) <= kept.expires_at - draft.created_at - timedelta(days=1) < timedelta(minutes=1)
        assert b"".join(contents(kept)) == jpeg()
        sent = OutgoingText.objects.get()
        assert (sent.template, sent.masked) == ("apply_code", "+86137****3333")
        code = code_in(last_text())
    with in_chain():
        done = submit(application_id=draft.pk, code=code, site_url=SITE)
    assert done is not None
    with in_chain():
        assert count_waiting(clerk) == 1
        assert StoredFile.objects.get().expires_at is None
        assert f"{SITE}apply/f/{draft.number}/" in last_text()
        event = Event.objects.get()
        assert (event.kind, event.delivered_at) == ("card_application.submitted", None)
        assert event.payload == {
            "application": draft.number,
            "state": "SUBMITTED",
            "card_type": "ORDINARY",
            "level": "GOLD",
            "handing": "PICK_UP",
            "store": "001",
            "member": None,
            "card": None,
        }
        trail = AuditEntry.objects.filter(act="application.submit").get()
        assert (trail.actor, trail.object_id) == (f"applicant:{draft.pk}", draft.number)
        assert "江雪" not in str(trail.detail)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"name": "  "}, "invalid_name"),
        ({"name": "江" * 61}, "invalid_name"),
        ({"phone": "12345"}, "invalid_phone"),
        ({"phone": "021-58881234"}, "mobile_needed"),
        ({"id_number": "110105194912310021"}, "invalid_id_number"),
        ({"id_number": "110105491231002"}, "invalid_id_number"),
        ({"document_kind": DocumentKind.PASSPORT, "id_number": "中国"}, "invalid_id_number"),
        ({"email": "nobody"}, "invalid_email"),
        ({"type_code": "GIFT"}, "choice_not_offered"),
        ({"level_code": "DIAMOND"}, "choice_not_offered"),
        ({"store_id": 4711}, "choice_not_offered"),
        ({"store_id": None}, "choice_not_offered"),
        ({"handing": Handing.DELIVERY, "address": "浙江省杭州市西湖区文三路 1 号"}, "choice_not_offered"),
        ({"terms_version": None}, "terms_not_agreed"),
        ({"terms_version": 2}, "terms_changed"),
        ({"photo": b"GIF89a"}, "not_a_picture"),
        ({"photo": jpeg(100, 100)}, "picture_too_small"),
    ],
)
def test_what_does_not_do_is_refused_and_nothing_is_kept(
    chain: Chain, in_chain: InChain, wish: MakeWish, changed: dict[str, Any], code: str
) -> None:
    with refused(code) as refusal, in_chain():
        apply(chain=chain, wish=wish(**changed))
    assert ID_NUMBER not in str(refusal.value)
    with in_chain():
        assert (Application.objects.count(), OutgoingText.objects.count(), StoredFile.objects.count()) == (0, 0, 0)


def test_a_card_is_sent_only_where_the_chain_does_so(
    chain: Chain, in_chain: InChain, wish: MakeWish, clerk: Actor
) -> None:
    with in_chain():
        save_policy(actor=clerk, delivery_offered=True, photo_required=True, per_day=5, kept_days=30)
    for changed, code in (
        ({"address": "杭州"}, "delivery_address_missing"),
        ({"address": "浙江省杭州市文三路 1 号", "photo": b""}, "photo_missing"),
    ):
        with refused(code), in_chain():
            apply(chain=chain, wish=replace(wish(handing=Handing.DELIVERY, photo=jpeg()), **changed))
    with in_chain():
        draft = apply(
            chain=chain, wish=wish(handing=Handing.DELIVERY, address=" 浙江省 杭州市文三路 1 号", photo=jpeg())
        )
        assert (draft.store, draft.address) == (None, "浙江省 杭州市文三路 1 号")
    with in_chain():
        CardType.objects.filter(pk=1).update(real_name=True)
        with refused("choice_not_offered"):
            # R-H01: a real-name card goes to whoever shows the original.
            apply(chain=chain, wish=wish(handing=Handing.DELIVERY, address="浙江省杭州市文三路 1 号", photo=jpeg()))


def test_plan_a_takes_none_and_neither_does_a_chain_that_offers_nothing(
    make_chain: Callable[..., Chain], chain: Chain, in_chain: InChain, wish: MakeWish
) -> None:
    """R-A13: not supported on A."""
    small = make_chain("qinghe", plan="A")
    with refused("applications_not_offered"), in_chain():
        apply(chain=small, wish=wish())
    with refused("applications_paused"), in_chain():
        apply(chain=chain, wish=wish(), paused=True)
    with in_chain():
        CardType.objects.update(offered_online=False)
    with refused("applications_not_offered"), in_chain():
        apply(chain=chain, wish=wish())


def test_a_day_takes_as_many_as_the_chain_says(
    chain: Chain, in_chain: InChain, wish: MakeWish, clerk: Actor, submitted: Callable[..., Application]
) -> None:
    with in_chain():
        save_policy(actor=clerk, delivery_offered=False, photo_required=False, per_day=1, kept_days=30)
    submitted()
    with refused("applications_day_full"), in_chain():
        apply(chain=chain, wish=wish(phone="13700004444"))
    with clock.frozen(clock.now() + timedelta(days=1)), in_chain():
        assert apply(chain=chain, wish=wish(phone="13700004444")).state == "DRAFT"


def test_one_telephone_has_three_applications_that_wait(
    chain: Chain, in_chain: InChain, wish: MakeWish, submitted: Callable[..., Application]
) -> None:
    start = clock.now()
    for minutes in (0, 2, 4):
        with clock.frozen(start + timedelta(minutes=minutes)):
            submitted()
    with clock.frozen(start + timedelta(minutes=6)):
        with in_chain():
            draft = apply(chain=chain, wish=wish())
            code = code_in(last_text())
        with refused("too_many_open_applications"), in_chain():
            submit(application_id=draft.pk, code=code, site_url=SITE)
        with in_chain():
            assert Application.objects.get(pk=draft.pk).state == "DRAFT"


def test_a_telephone_gets_few_codes_and_nobody_is_told(chain: Chain, in_chain: InChain, wish: MakeWish) -> None:
    start = clock.now()
    with in_chain():
        draft = apply(chain=chain, wish=wish())
        send_code_again(application_id=draft.pk)
        assert CodeSent.objects.count() == 1
    for minutes in range(2, 20, 2):
        with clock.frozen(start + timedelta(minutes=minutes)), in_chain():
            # Another form, the same telephone.
            apply(chain=chain, wish=wish(name="柳宗元"))
    with in_chain():
        assert CodeSent.objects.count() == A_DAY
        assert not CodeSent.objects.filter(phone_digest__contains=PHONE).exists()


def test_a_code_is_guessed_five_times_and_works_once(chain: Chain, in_chain: InChain, wish: MakeWish) -> None:
    with in_chain():
        draft = apply(chain=chain, wish=wish())
        code = code_in(last_text())
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    with clock.frozen(clock.now() + timedelta(minutes=11)), in_chain():
        assert submit(application_id=draft.pk, code=code, site_url=SITE) is None
    for _ in range(TRIES):
        with in_chain():
            assert submit(application_id=draft.pk, code=wrong, site_url=SITE) is None
    with in_chain():
        assert ApplicationCode.objects.get().tries == TRIES
        assert submit(application_id=draft.pk, code=code, site_url=SITE) is None
        assert submit(application_id=draft.pk + 1, code=code, site_url=SITE) is None


def test_who_is_known_here_changes_neither_the_answer_nor_the_message(
    chain: Chain, in_chain: InChain, wish: MakeWish, clerk: Actor, store_id: int
) -> None:
    with in_chain():
        first = apply(chain=chain, wish=wish(phone="13700004444"))
        create_member(actor=clerk, name="江雪", phone=PHONE, store_id=store_id)
        second = apply(chain=chain, wish=wish())
        texts = [message.template for message in OutgoingText.objects.order_by("pk")]
    assert (first.state, second.state, texts) == ("DRAFT", "DRAFT", ["apply_code", "apply_code"])


def test_an_application_is_found_again_by_its_number_and_a_code(
    chain: Chain, in_chain: InChain, submitted: Callable[..., Application]
) -> None:
    application = submitted()
    later = clock.now() + timedelta(minutes=2)
    for number, phone, sent in (
        (application.number, "13999999999", 0),
        ("SQ991231000000", PHONE, 0),
        (f" {application.number[:4].lower()} {application.number[4:]}", PHONE, 1),
    ):
        with clock.frozen(later):
            with in_chain():
                ask_for_code(number=number, phone=phone)
            assert answer_asks(chain.schema_name) == sent
    with clock.frozen(later), in_chain():
        code = code_in(last_text())
        assert find_by_code(number="SQ991231000000", code=code) is None
        found = find_by_code(number=application.number, code=code)
        assert found is not None
        assert found.pk == application.pk
        assert find_by_code(number=application.number, code=code) is None


def test_an_applicant_takes_her_application_back_while_it_waits(
    in_chain: InChain, submitted: Callable[..., Application], clerk: Actor
) -> None:
    application = submitted(photo=jpeg())
    with in_chain():
        done = withdraw(number=application.number)
        assert (done.state, done.forget_on) == ("WITHDRAWN", clock.today() + timedelta(days=90))
        kept = StoredFile.objects.get()
        assert kept.expires_at is not None
        assert kept.expires_at <= clock.now()
        assert count_waiting(clerk) == 0
    with refused("application_step_forbidden"), in_chain():
        withdraw(number=application.number)


def test_new_terms_are_a_new_version_and_old_ones_stay(
    chain: Chain, in_chain: InChain, wish: MakeWish, clerk: Actor
) -> None:
    """PIPL 14: whoever agreed, agreed to these words."""
    with in_chain():
        first = apply(chain=chain, wish=wish())
        text = "我同意本商户为办理会员卡处理我的身份证件号码和手机号码。"
        published = publish_terms(actor=clerk, text=f"{text}  \n")
        assert publish_terms(actor=clerk, text=text).version == published.version == 2
        with refused("terms_changed"):
            apply(chain=chain, wish=wish())
        assert apply(chain=chain, wish=wish(terms_version=2)).terms.version == 2
        assert first.terms.version == 1
        with refused("invalid_terms"):
            publish_terms(actor=clerk, text="同意")
        with refused("application_policy_unsound"):
            save_policy(actor=clerk, delivery_offered=False, photo_required=False, per_day=0, kept_days=30)
    nobody = Actor(kind="staff", id=8, name="甲")
    with pytest.raises(NotAllowed), in_chain():
        publish_terms(actor=nobody, text=text)
    with pytest.raises(NotAllowed), in_chain():
        save_policy(actor=nobody, delivery_offered=False, photo_required=False, per_day=9, kept_days=30)
