"""E-mail is written with what it tells of, and delivered afterwards; never lost, never sent for what did not happen."""

import email
import email.policy
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.mail import EmailMultiAlternatives, send_mail
from django.db import connection, transaction
from pytest_django import Settings

from kernel import clock
from kernel.db import in_chain, in_public
from kernel.mail import gateway, services
from kernel.mail.models import MailState, OutgoingMail
from kernel.mail.services import ATTEMPTS_MAX, deliver_due
from tenants.chains.models import Chain
from tests.kernel.mail.server import Mailbox, mail_server


@pytest.fixture(autouse=True)
def _outbox(settings: Settings) -> None:
    """Django's test runner would have mail kept in memory."""
    settings.EMAIL_BACKEND = "kernel.mail.backend.OutboxBackend"


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    with mail_server() as box:
        settings.SMTP_URL = box.url
        settings.DEFAULT_FROM_EMAIL = "卡云 <no-reply@kayun.example>"
        yield box


def post(to: str = "a@example.cn") -> None:
    send_mail("您好", "正文:点这里 http://localhost/x", None, [to])


def only(schema_name: str = "public") -> OutgoingMail:
    with in_public() if schema_name == "public" else in_chain(schema_name):
        return OutgoingMail.objects.get()


def test_mail_of_a_transaction_that_is_undone_is_not_sent(database: None, mailbox: Mailbox) -> None:
    with in_public():
        post()
        transaction.set_rollback(True)
    assert deliver_due("public") == 0
    assert mailbox.messages == []


def test_mail_is_delivered_after_commit(database: None, mailbox: Mailbox, sent_tasks: list[str]) -> None:
    with in_public():
        post()
        assert sent_tasks == []
    assert sent_tasks == ["mail.deliver_due"]
    assert only().state == MailState.QUEUED
    assert deliver_due("public") == 1
    assert (only().state, only().attempts, only().error) == (MailState.SENT, 1, "")
    assert mailbox.envelopes == [("no-reply@kayun.example", ["a@example.cn"])]
    message = email.message_from_bytes(mailbox.messages[0], policy=email.policy.default)
    assert (message["Subject"], message["To"]) == ("您好", "a@example.cn")
    assert message.get_content().strip() == "正文:点这里 http://localhost/x"
    assert deliver_due("public") == 0


def test_a_chains_mail_is_in_its_own_outbox(chain: Chain, other_chain: Chain, mailbox: Mailbox) -> None:
    with in_chain(chain.schema_name):
        post()
    assert deliver_due("public") == deliver_due(other_chain.schema_name) == 0
    assert deliver_due(chain.schema_name) == 1


def test_every_part_and_every_recipient_is_kept(database: None, mailbox: Mailbox) -> None:
    message = EmailMultiAlternatives("s", "plain", to=["a@example.cn"], cc=["b@example.cn"], bcc=["c@example.cn"])
    message.attach_alternative("<p>rich</p>", "text/html")
    with in_public():
        message.send()
    deliver_due("public")
    assert mailbox.envelopes[0][1] == ["a@example.cn", "b@example.cn", "c@example.cn"]
    assert b"c@example.cn" not in mailbox.messages[0]
    parsed = email.message_from_bytes(mailbox.messages[0])
    assert [part.get_content_type() for part in parsed.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_mail_to_nobody_is_no_mail(database: None, mailbox: Mailbox) -> None:
    with in_public():
        EmailMultiAlternatives("s", "plain", to=[]).send()
        assert not OutgoingMail.objects.exists()


def test_without_a_mail_server_mail_is_kept_to_be_read(database: None, settings: Settings) -> None:
    settings.SMTP_URL = ""
    with in_public():
        post()
    assert only().state == MailState.KEPT
    assert "http://localhost/x" in only().body
    assert deliver_due("public") == 0


def test_in_production_mail_without_a_server_waits_and_says_why(database: None, settings: Settings) -> None:
    settings.SMTP_URL, settings.MODE = "", "production"
    with in_public():
        post()
    assert deliver_due("public") == 0
    assert (only().state, only().error) == (MailState.QUEUED, "KAYUN_SMTP_URL names no server")


def test_what_the_server_does_not_take_is_tried_again_later(database: None, mailbox: Mailbox) -> None:
    mailbox.answer = "451 try later"
    with in_public():
        post()
    now = clock.now()
    for attempt in range(1, ATTEMPTS_MAX + 1):
        with clock.frozen(now):
            assert deliver_due("public") == 0
            assert only().attempts == attempt, "once a time, however often it is asked"
        now = only().due_at
    assert only().state == MailState.FAILED
    assert "451" in only().error
    with clock.frozen(now + timedelta(days=1)):
        assert deliver_due("public") == 0


def test_a_server_that_is_down_is_no_error_of_ours(database: None, settings: Settings) -> None:
    settings.SMTP_URL = "smtp://127.0.0.1:1?tls=no"
    with in_public():
        post()
    assert deliver_due("public") == 0
    assert only().state == MailState.QUEUED
    settings.SMTP_URL = "nonsense"
    with clock.frozen(only().due_at):
        assert deliver_due("public") == 0


def test_one_that_fails_holds_no_other_up(database: None, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    real = gateway.send

    def picky(*, recipients: list[str], message: bytes) -> None:
        if recipients == ["bad@example.cn"]:
            raise gateway.NotTaken("no")
        real(recipients=recipients, message=message)

    monkeypatch.setattr(services.gateway, "send", picky)
    with in_public():
        for to in ("bad@example.cn", "good@example.cn"):
            post(to)
    assert deliver_due("public") == 1


def test_a_worker_that_dies_while_sending_loses_nothing(
    database: None, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(**_: object) -> None:
        raise KeyboardInterrupt

    with in_public():
        post()
    with monkeypatch.context() as patch:
        patch.setattr(services.gateway, "send", die)
        with pytest.raises(KeyboardInterrupt):
            deliver_due("public")
    assert only().state == MailState.SENDING
    assert deliver_due("public") == 0, "another worker may hold it"
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        assert deliver_due("public") == 1
    assert only().state == MailState.SENT


def test_no_transaction_is_open_while_the_server_is_spoken_to(
    chain: Chain, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    monkeypatch.setattr(services.gateway, "send", lambda **_: seen.append(connection.in_atomic_block))
    with in_chain(chain.schema_name):
        post()
    deliver_due(chain.schema_name)
    assert seen == [False]
