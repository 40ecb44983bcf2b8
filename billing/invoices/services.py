"""Acts on titles and requests. In the public schema; each needs an open transaction."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from billing.accounts.queries import standing_of
from billing.invoices.domain import (
    AlreadyInvoiced,
    InvoiceDecided,
    InvoiceEmpty,
    InvoiceNotFound,
    InvoiceSaysNothing,
    InvoiceState,
    InvoiceUnpaid,
    TitleNotFound,
    check_tax_number,
)
from billing.invoices.models import Invoice, InvoicedStatement, InvoiceTitle
from billing.invoices.queries import open_months
from kernel import clock
from kernel.mail.services import post_in_every_language
from kernel.money import Money
from tenants.audit.services import record
from tenants.people.domain import Actor, require_platform


def save_title(
    *, actor: Actor, chain_id: int, name: str, tax_number: str, email: str, address: str = "", bank: str = ""
) -> InvoiceTitle:
    """Keep a title; one of the same tax number is replaced.

    Raises:
        TaxNumberWrong
    """
    title, _made = InvoiceTitle.objects.update_or_create(
        chain_id=chain_id,
        tax_number=check_tax_number(tax_number),
        defaults={"name": name.strip(), "email": email, "address": address.strip(), "bank": bank.strip()},
    )
    record(actor, "invoice.title", object_type="chain", object_id=chain_id, detail={"tax_number": title.tax_number})
    return title


def remove_title(*, actor: Actor, chain_id: int, title_id: int) -> None:
    """Forget a title; what was asked for with it keeps it.

    Raises:
        TitleNotFound
    """
    gone, _of = InvoiceTitle.objects.filter(chain_id=chain_id, pk=title_id).delete()
    if not gone:
        raise TitleNotFound
    record(actor, "invoice.title", object_type="chain", object_id=chain_id, detail={"removed": title_id})


def request_invoice(*, actor: Actor, chain_id: int, title_id: int, statement_ids: Sequence[int]) -> Invoice:
    """Ask for one invoice for what these months charged.

    Raises:
        TitleNotFound, InvoiceUnpaid
        InvoiceEmpty: nothing to invoice in them.
        AlreadyInvoiced: somebody was faster.
    """
    title = InvoiceTitle.objects.filter(chain_id=chain_id, pk=title_id).first()
    if title is None:
        raise TitleNotFound
    if standing_of(chain_id).arrears_fen:
        raise InvoiceUnpaid
    months = open_months(chain_id, statement_ids=statement_ids)
    if not months:
        raise InvoiceEmpty
    if len(months) != len(set(statement_ids)):
        raise AlreadyInvoiced
    invoice = Invoice.objects.create(
        chain_id=chain_id,
        amount_fen=sum(month.amount_fen for month in months),
        requested_at=clock.now(),
        **{name: getattr(title, name) for name in ("name", "tax_number", "address", "bank", "email")},
    )
    try:
        with transaction.atomic():
            InvoicedStatement.objects.bulk_create(
                InvoicedStatement(invoice=invoice, statement=month.statement, amount_fen=month.amount_fen)
                for month in months
            )
    except IntegrityError as error:
        raise AlreadyInvoiced from error
    detail = {"amount_fen": invoice.amount_fen, "months": [f"{month.statement.month:%Y-%m}" for month in months]}
    record(actor, "invoice.request", object_type="invoice", object_id=invoice.pk, detail=detail)
    return invoice


def issue_invoice(*, actor: Actor, invoice_id: int, number: str) -> Invoice:
    """Note that the invoice was issued, and under what number; the title's address is told.

    Raises:
        NotAllowed, InvoiceNotFound, InvoiceDecided, InvoiceSaysNothing
        AlreadyInvoiced: another request has that number.
    """
    if not number.strip():
        raise InvoiceSaysNothing
    return _decide(actor, invoice_id, state=InvoiceState.ISSUED, number=number.strip())


def refuse_invoice(*, actor: Actor, invoice_id: int, reason: str) -> Invoice:
    """Send a request back: its months may be asked for again.

    Raises:
        NotAllowed, InvoiceNotFound, InvoiceDecided, InvoiceSaysNothing
    """
    if not reason.strip():
        raise InvoiceSaysNothing
    invoice = _decide(actor, invoice_id, state=InvoiceState.REFUSED, reason=reason.strip())
    InvoicedStatement.objects.filter(invoice=invoice).update(released=True)
    return invoice


def _decide(actor: Actor, invoice_id: int, *, state: InvoiceState, number: str = "", reason: str = "") -> Invoice:
    decided_by = require_platform(actor)
    waiting = Invoice.objects.filter(pk=invoice_id, state=InvoiceState.REQUESTED)
    try:
        with transaction.atomic():
            changed = waiting.update(
                state=state, number=number, reason=reason, decided_by_id=decided_by, decided_at=clock.now()
            )
    except IntegrityError as error:
        raise AlreadyInvoiced from error
    if not changed:
        raise InvoiceDecided if Invoice.objects.filter(pk=invoice_id).exists() else InvoiceNotFound
    invoice = Invoice.objects.select_related("chain").get(pk=invoice_id)
    act = "invoice.issue" if state == InvoiceState.ISSUED else "invoice.refuse"
    record(actor, act, object_type="invoice", object_id=invoice.pk, detail={"number": number, "reason": reason})
    post_in_every_language([invoice.email], lambda: _message(invoice))
    return invoice


def _message(invoice: Invoice) -> tuple[str, str]:
    values = {
        "chain": invoice.chain.name,
        "name": invoice.name,
        "amount": Money(invoice.amount_fen),
        "number": invoice.number,
        "reason": invoice.reason,
    }
    if invoice.state == InvoiceState.ISSUED:
        return (
            _("发票已开具：%(chain)s") % values,
            _("“%(chain)s”申请的发票已开具：%(name)s，金额 %(amount)s，发票号码 %(number)s。") % values,
        )
    return (
        _("开票申请被退回：%(chain)s") % values,
        _("“%(chain)s”的开票申请（%(name)s，%(amount)s）被退回：%(reason)s。请在控制台修改后重新申请。") % values,
    )
