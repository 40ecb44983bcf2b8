"""Text messages are written with what they tell of, delivered by the carrier that is named, and then forgotten."""

import json
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from pytest_django import Settings

from kernel import clock
from kernel.db import in_chain
from kernel.sms import aliyun, carriers, services, webhook
from kernel.sms.models import OutgoingText, TextState
from kernel.sms.services import ATTEMPTS_MAX, deliver_due, offered
from tenants.chains.models import Chain
from tests.kernel.sms.carrier import Carrier, carrier

PHONE = "+8613900001234"


@pytest.fixture
def gateway(settings: Settings) -> Iterator[Carrier]:
    with carrier() as one:
        settings.SMS_URL = f"webhook+http://:s3cret@127.0.0.1:{one.port}/sms?from=kayun"
        yield one


def post(chain: Chain, *, lasts: timedelta = timedelta(minutes=10)) -> OutgoingText:
    with in_chain(chain.schema_name):
        return services.post(
            phone=PHONE,
            template="pin_code",
            params={"code": "193746"},
            text="验证码 193746",
            useless_at=clock.now() + lasts,
        )


def only(chain: Chain) -> OutgoingText:
    with in_chain(chain.schema_name):
        return OutgoingText.objects.get()


def test_a_message_waits_sealed_is_signed_for_the_gateway_and_forgotten(chain: Chain, gateway: Carrier) -> None:
    written = post(chain)
    assert (written.state, written.masked) == (TextState.QUEUED, "+86139****1234")
    with in_chain(chain.schema_name), connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM sms_outgoingtext t")
        (row,) = cursor.fetchone()
    assert "193746" not in row
    assert PHONE not in row
    assert deliver_due(chain.schema_name) == 1
    (asked,) = gateway.asked
    assert asked.path == "/sms?from=kayun"
    assert json.loads(asked.body) == {
        "id": f"{chain.schema_name}.{written.pk}", "phone": PHONE, "template": "pin_code",
        "params": {"code": "193746"}, "text": "验证码 193746",
    }  # fmt: skip
    moment, proof = (part.partition("=")[2] for part in asked.headers["x-kayun-signature"].split(","))
    assert proof == webhook.signature("s3cret", int(moment), asked.body)
    assert (only(chain).state, only(chain).content) == (TextState.SENT, "")
    assert deliver_due(chain.schema_name) == 0


@pytest.mark.parametrize("answer", [None, (503, b""), (429, b"slow down")])
def test_what_is_not_taken_is_offered_again_later(
    chain: Chain, gateway: Carrier, answer: tuple[int, bytes] | None
) -> None:
    gateway.answer = answer
    post(chain, lasts=timedelta(days=1))
    now = clock.now()
    for attempt in range(1, ATTEMPTS_MAX + 1):
        with clock.frozen(now):
            assert deliver_due(chain.schema_name) == 0
            assert only(chain).attempts == attempt, "once a time, however often it is asked"
        now = only(chain).due_at
    assert (only(chain).state, only(chain).content) == (TextState.FAILED, "")
    # The gateway tells by it that it is the same message.
    assert len({json.loads(asked.body)["id"] for asked in gateway.asked}) == 1


def test_what_the_carrier_refuses_or_what_is_too_late_is_not_offered_again(chain: Chain, gateway: Carrier) -> None:
    gateway.answer = (400, b"no such number")
    post(chain)
    assert deliver_due(chain.schema_name) == 0
    assert (only(chain).state, only(chain).error) == (TextState.FAILED, "HTTP 400")
    with in_chain(chain.schema_name):
        OutgoingText.objects.all().delete()
    post(chain)
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        assert deliver_due(chain.schema_name) == 0
    assert (only(chain).state, only(chain).error, len(gateway.asked)) == (TextState.FAILED, "too late", 1)


def test_a_carrier_that_is_down_or_misnamed_is_no_error_of_ours(chain: Chain, settings: Settings) -> None:
    settings.SMS_URL = "webhook+http://:x@127.0.0.1:1/"
    post(chain)
    assert deliver_due(chain.schema_name) == 0
    settings.SMS_URL = "nonsense"
    with clock.frozen(only(chain).due_at):
        assert deliver_due(chain.schema_name) == 0
    assert (only(chain).state, only(chain).error) == (TextState.QUEUED, "KAYUN_SMS_URL names no carrier")


def test_a_worker_that_dies_while_sending_loses_nothing_and_holds_no_transaction(
    chain: Chain, gateway: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_ones: list[bool] = []

    def die(_text: carriers.Text) -> None:
        open_ones.append(connection.in_atomic_block)
        raise KeyboardInterrupt

    post(chain)
    with monkeypatch.context() as patch:
        patch.setattr(services.carriers, "send", die)
        with pytest.raises(KeyboardInterrupt):
            deliver_due(chain.schema_name)
    assert open_ones == [False]
    assert deliver_due(chain.schema_name) == 0, "another worker may hold it"
    with clock.frozen(clock.now() + timedelta(minutes=3)):
        assert deliver_due(chain.schema_name) == 1


def test_without_a_carrier_messages_are_kept_to_be_read_and_in_production_not_offered(
    chain: Chain, settings: Settings
) -> None:
    settings.SMS_URL = ""
    written = post(chain)
    assert written.state == TextState.KEPT
    with in_chain(chain.schema_name):
        assert services.read(written) == {"phone": PHONE, "text": "验证码 193746"}
    assert offered()
    settings.MODE = "production"
    assert not offered()


def test_alibaba_clouds_signature_is_that_of_its_own_example() -> None:
    """The example of its documentation of method V3."""
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    query = aliyun.canonical_query(
        {"RegionId": "cn-shanghai", "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"}
    )
    assert aliyun.authorization("YourAccessKeyId", "YourAccessKeySecret", query=query, headers=headers) == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;"
        "x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


@pytest.mark.parametrize(
    ("answer", "state", "error"),
    [
        (b'{"Code": "OK", "BizId": "1^0"}', TextState.SENT, ""),
        (b'{"Code": "isv.BUSINESS_LIMIT_CONTROL"}', TextState.QUEUED, "isv.BUSINESS_LIMIT_CONTROL"),
        (b'{"Code": "Throttling.User"}', TextState.QUEUED, "Throttling.User"),
        (b"<html>bad gateway</html>", TextState.QUEUED, "not an answer of this carrier"),
        (b'{"Code": "isv.MOBILE_NUMBER_ILLEGAL"}', TextState.FAILED, "isv.MOBILE_NUMBER_ILLEGAL"),
    ],
)
def test_alibaba_cloud_is_asked_by_template_and_understood(
    chain: Chain, settings: Settings, answer: bytes, state: TextState, error: str
) -> None:
    settings.SMS_TEMPLATES = {"pin_code": "SMS_154950909"}
    with carrier() as one:
        one.answer = (200, answer)
        settings.SMS_URL = f"aliyun://key:sec%2Fret@127.0.0.1:{one.port}?sign=%E5%8D%A1%E4%BA%91&tls=no"
        post(chain)
        deliver_due(chain.schema_name)
    assert (only(chain).state, only(chain).error) == (state, error)
    query = parse_qs(urlsplit(one.asked[0].path).query)
    told = {name: query[name] for name in ("PhoneNumbers", "SignName", "TemplateCode", "TemplateParam")}
    assert told == {
        "PhoneNumbers": ["13900001234"], "SignName": ["卡云"], "TemplateCode": ["SMS_154950909"],
        "TemplateParam": ['{"code": "193746"}'],
    }  # fmt: skip
    assert one.asked[0].headers["x-acs-action"] == "SendSms"


def test_a_text_that_the_carrier_has_not_approved_is_refused(chain: Chain, settings: Settings) -> None:
    settings.SMS_TEMPLATES, settings.SMS_URL = {}, "aliyun://key:secret@127.0.0.1:1?sign=x"
    post(chain)
    assert deliver_due(chain.schema_name) == 0
    assert (only(chain).state, only(chain).error) == (TextState.FAILED, "no template code for 'pin_code'")
