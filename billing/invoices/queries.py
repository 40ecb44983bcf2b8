"""Reading titles and requests."""

from collections.abc import Sequence
from dataclasses import dataclass

from billing.invoices.domain import InvoiceState, invoiced_fen
from billing.invoices.models import Invoice, InvoicedStatement, InvoiceTitle
from billing.statements.models import Statement


@dataclass(frozen=True, slots=True)
class OpenMonth:
    """A month that has not been invoiced, and what its invoice would be for."""

    statement: Statement
    amount_fen: int


def titles_of(chain_id: int) -> list[InvoiceTitle]:
    """The titles an owner keeps for a chain."""
    return list(InvoiceTitle.objects.filter(chain_id=chain_id).order_by("name", "pk"))


def invoices_of(chain_id: int, *, size: int) -> list[Invoice]:
    """A chain's requests with their months, the latest first."""
    found = Invoice.objects.filter(chain_id=chain_id).prefetch_related("months__statement").order_by("-pk")
    return list(found[:size])


def open_months(chain_id: int, *, statement_ids: Sequence[int] | None = None) -> list[OpenMonth]:
    """The months that may be asked for, the latest first; of these statements, where any are named."""
    taken = InvoicedStatement.objects.filter(statement__chain_id=chain_id, released=False).values("statement")
    found = Statement.objects.filter(chain_id=chain_id, charged_fen__gt=0).exclude(pk__in=taken).order_by("-month")
    if statement_ids is not None:
        found = found.filter(pk__in=statement_ids)
    months = (OpenMonth(one, invoiced_fen(charged_fen=one.charged_fen, adjusted_fen=one.adjusted_fen)) for one in found)
    return [month for month in months if month.amount_fen]


def waiting(*, size: int) -> list[Invoice]:
    """Requests nobody has decided on, the oldest first."""
    found = Invoice.objects.filter(state=InvoiceState.REQUESTED).order_by("requested_at", "pk")
    return list(found.select_related("chain").prefetch_related("months__statement")[:size])


def decided(*, size: int) -> list[Invoice]:
    """The latest that were decided on."""
    found = Invoice.objects.exclude(state=InvoiceState.REQUESTED).order_by("-decided_at", "-pk")
    return list(found.select_related("chain", "decided_by").prefetch_related("months__statement")[:size])
