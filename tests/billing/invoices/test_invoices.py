"""Invoices: for what was charged and paid, each month once, issued or sent back by the platform's staff."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest
from allauth.mfa.models import Authenticator
from django.db import IntegrityError
from django.test import Client

from billing.accounts.domain import Contra
from billing.accounts.services import credit
from billing.auditing import audit_platform
from billing.invoices import services
from billing.invoices.domain import (
    AlreadyInvoiced,
    InvoiceDecided,
    InvoiceEmpty,
    InvoiceNotFound,
    InvoiceSaysNothing,
    InvoiceState,
    InvoiceUnpaid,
    TaxNumberWrong,
    TitleNotFound,
    check_tax_number,
    invoiced_fen,
)
from billing.invoices.models import Invoice, InvoicedStatement, InvoiceTitle
from billing.invoices.queries import open_months
from billing.statements.models import Statement
from billing.statements.services import make_due
from billing.subscriptions.services import begin_missing, renew_all
from kernel import clock
from kernel.db import in_public
from kernel.mail.models import OutgoingMail
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM, Actor, NotAllowed, UserKind
from tenants.people.models import User
from tests import cast

CODE = "91350100M000100Y43"
PATH = "/console/chains/yunshan/invoices/"
OWNER = Actor(kind="owner", id=1, name="沈知远")


@pytest.fixture(autouse=True)
def _books_are_proved(database: None) -> Iterator[None]:
    yield
    assert [str(finding) for finding in audit_platform()] == []


@pytest.fixture
def shop(database: None) -> Chain:
    """A chain on plan B since 2 March, paid: March cost 204.00, April 18.00; both are stated."""
    chain = cast.request("yunshan", plan="B")
    with clock.frozen(datetime(2026, 3, 2, 4, tzinfo=UTC)), in_public():
        Chain.objects.filter(pk=chain.pk).update(state=ChainState.ACTIVE)
        begin_missing()
        _pay(chain, 300_00)
    with clock.frozen(datetime(2026, 4, 2, 4, tzinfo=UTC)):
        renew_all()
    with clock.frozen(datetime(2026, 5, 1, 4, tzinfo=UTC)):
        make_due()
    return chain


@pytest.fixture
def title(shop: Chain) -> InvoiceTitle:
    with in_public():
        return services.save_title(
            actor=OWNER, chain_id=shop.pk, name="云杉汽车生活有限公司", tax_number=CODE, email="tax@example.cn"
        )


@pytest.fixture
def clerk(database: None) -> Actor:
    with in_public():
        user = User.objects.create(username="li", email="li@kayun.cn", name="李", kind=UserKind.PLATFORM)
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
    return Actor(kind="platform", id=user.pk, name="李")


def _pay(chain: Chain, fen: int) -> None:
    credit(
        chain_id=chain.pk, amount_fen=fen, key=f"test:{fen}", source=Contra.CASH_STRIPE, actor=SYSTEM,
        occurred_at=clock.now(),
    )  # fmt: skip


def _ask(shop: Chain, title: InvoiceTitle, *months: date) -> Invoice:
    with in_public():
        found = list(Statement.objects.filter(month__in=months).values_list("pk", flat=True))
        return services.request_invoice(actor=OWNER, chain_id=shop.pk, title_id=title.pk, statement_ids=found)


MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


@pytest.mark.parametrize("text", [CODE, CODE.lower(), f" {CODE[:8]} {CODE[8:]} "])
def test_a_code_is_tidied(text: str) -> None:
    assert check_tax_number(text) == CODE


@pytest.mark.parametrize(
    "text", ["", CODE[:-1], f"{CODE[:-1]}4", CODE.replace("5", "6", 1), CODE.replace("M", "I"), CODE * 2]
)
def test_a_code_that_is_wrong_is_found(text: str) -> None:
    with pytest.raises(TaxNumberWrong):
        check_tax_number(text)


@pytest.mark.parametrize(("charged", "adjusted", "fen"), [(100, 0, 100), (100, -5, 100), (100, 30, 70), (100, 200, 0)])
def test_what_was_given_back_is_not_invoiced(charged: int, adjusted: int, fen: int) -> None:
    assert invoiced_fen(charged_fen=charged, adjusted_fen=adjusted) == fen


def test_two_months_at_once_and_neither_again(shop: Chain, title: InvoiceTitle) -> None:
    invoice = _ask(shop, title, MARCH, APRIL)
    assert (invoice.amount_fen, invoice.name, invoice.tax_number) == (222_00, "云杉汽车生活有限公司", CODE)
    with in_public():
        assert open_months(shop.pk) == []
    for months in ((MARCH,), (MARCH, APRIL)):
        with pytest.raises(InvoiceEmpty):
            _ask(shop, title, *months)
    with pytest.raises(IntegrityError), in_public():
        InvoicedStatement.objects.create(invoice=invoice, statement=Statement.objects.get(month=MARCH), amount_fen=1)


def test_a_month_that_is_taken_takes_the_others_with_it(shop: Chain, title: InvoiceTitle) -> None:
    _ask(shop, title, MARCH)
    with pytest.raises(AlreadyInvoiced):
        _ask(shop, title, MARCH, APRIL)
    with in_public():
        assert [month.statement.month for month in open_months(shop.pk)] == [APRIL]


def test_who_owes_is_not_invoiced(shop: Chain, title: InvoiceTitle) -> None:
    renew_all(today=date(2026, 12, 2))
    with pytest.raises(InvoiceUnpaid):
        _ask(shop, title, MARCH)
    with in_public():
        assert not Invoice.objects.exists()


def test_anothers_title_and_months_are_not_there(shop: Chain, title: InvoiceTitle) -> None:
    other = cast.request("qinghe")
    with pytest.raises(TitleNotFound):
        _ask(other, title, MARCH)
    with in_public():
        own = services.save_title(actor=OWNER, chain_id=other.pk, name="青禾", tax_number=CODE, email="a@example.cn")
    with pytest.raises(InvoiceEmpty):
        _ask(other, own, MARCH)


def test_it_is_issued_once_and_told(shop: Chain, title: InvoiceTitle, clerk: Actor) -> None:
    invoice = _ask(shop, title, MARCH)
    with in_public():
        services.issue_invoice(actor=clerk, invoice_id=invoice.pk, number=" 26312000000000000001 ")
    with in_public():
        done = Invoice.objects.get()
        mail = OutgoingMail.objects.get()
        assert (done.state, done.number, done.decided_by_id) == (InvoiceState.ISSUED, "26312000000000000001", clerk.id)
        assert (mail.recipients, "26312000000000000001" in mail.body) == (["tax@example.cn"], True)
    for act, more in ((services.issue_invoice, {"number": "2"}), (services.refuse_invoice, {"reason": "错"})):
        with pytest.raises(InvoiceDecided), in_public():
            act(actor=clerk, invoice_id=invoice.pk, **more)
    again = _ask(shop, title, APRIL)
    with pytest.raises(AlreadyInvoiced), in_public():
        services.issue_invoice(actor=clerk, invoice_id=again.pk, number="26312000000000000001")


def test_what_is_refused_may_be_asked_again(shop: Chain, title: InvoiceTitle, clerk: Actor) -> None:
    invoice = _ask(shop, title, MARCH)
    with in_public():
        services.refuse_invoice(actor=clerk, invoice_id=invoice.pk, reason="抬头与税号不符")
    assert _ask(shop, title, MARCH).amount_fen == 204_00


def test_only_the_platform_decides_and_says_what(shop: Chain, title: InvoiceTitle, clerk: Actor) -> None:
    invoice = _ask(shop, title, MARCH)
    with pytest.raises(NotAllowed), in_public():
        services.issue_invoice(actor=OWNER, invoice_id=invoice.pk, number="1")
    with pytest.raises(InvoiceSaysNothing), in_public():
        services.refuse_invoice(actor=clerk, invoice_id=invoice.pk, reason=" ")
    with pytest.raises(InvoiceNotFound), in_public():
        services.issue_invoice(actor=clerk, invoice_id=invoice.pk + 1, number="1")
    with in_public():
        assert Invoice.objects.get().state == InvoiceState.REQUESTED


def test_from_the_owners_page_to_the_platforms(shop: Chain, clerk: Actor, client_of: Callable[..., Client]) -> None:
    owner, office = client_of(None), client_of(None)
    with in_public():
        owner.force_login(shop.owner)
        office.force_login(User.objects.get(pk=clerk.id))
        months = [str(pk) for pk in Statement.objects.values_list("pk", flat=True)]
    page = owner.get(PATH).content.decode()
    assert "请先新增一个发票抬头" in page
    fields = {"form": "title", "name": "云杉", "tax_number": CODE[:-1] + "5", "email": "tax@example.cn"}
    wrong = owner.post(PATH, fields)
    assert "校验位" in wrong.content.decode()
    assert owner.post(PATH, fields | {"tax_number": CODE}).status_code == 302
    page = owner.get(PATH).content.decode()
    assert "2026-03 · ¥204.00" in page
    with in_public():
        title = InvoiceTitle.objects.get()
    answer = owner.post(PATH, {"form": "invoice", "title": title.pk, "months": months})
    assert answer.status_code == 302
    assert "待开具" in owner.get(PATH).content.decode()
    waiting = office.get("/platform/invoices/").content.decode()
    assert "¥222.00" in waiting
    with in_public():
        invoice = Invoice.objects.get()
    assert office.post(f"/platform/invoices/{invoice.pk}/issue/", {"number": "26312"}).status_code == 302
    assert "26312" in owner.get(PATH).content.decode()
    assert owner.post(f"{PATH}titles/{title.pk}/remove/").status_code == 302
    with in_public():
        assert not InvoiceTitle.objects.exists()
    stranger = client_of(None)
    with in_public():
        stranger.force_login(cast.make_owner())
    assert stranger.get(PATH).status_code == 404
    assert stranger.post(f"/platform/invoices/{invoice.pk}/refuse/", {"reason": "x"}).status_code == 403
