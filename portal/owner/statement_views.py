"""A chain's monthly statements: the list, one with its lines, and the two ways to keep it."""

from collections.abc import Sequence
from datetime import date, timedelta
from io import BytesIO
from typing import Any, Final
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from billing.statements import queries
from billing.statements.models import Statement
from billing.statements.papers import statement_pdf as made_pdf
from billing.statements.papers import summary_of, write_statement
from billing.statements.queries import StatementLine
from billing.statements.wording import explanation_of, title_of
from portal.owner.access import OwnerRequest, owner_only
from portal.owner.chains import own_active_chain
from portal.owner.months import MonthConverter
from tenants.chains.models import Chain

_A_PAGE: Final = 24
_WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
@never_cache
@owner_only
def statements(request: OwnerRequest, slug: str) -> HttpResponse:
    """The months, the latest first, a page at a time."""
    chain = own_active_chain(request, slug)
    before = _month(request.GET.get("before", ""))
    found = queries.statements_of(chain.pk, size=_A_PAGE + 1, before=before)
    more = f"?{urlencode({'before': f'{found[_A_PAGE - 1].month:%Y-%m}'})}" if len(found) > _A_PAGE else ""
    context = {"chain": chain, "statements": found[:_A_PAGE], "next_page_url": more, "is_first": before is None}
    return render(request, "console/statements.html", context)


@require_safe
@never_cache
@owner_only
def statement(request: OwnerRequest, slug: str, month: date) -> HttpResponse:
    """One month, line by line."""
    chain = own_active_chain(request, slug)
    found = _statement(chain, month)
    context = {"chain": chain, "statement": found, "sums": summary_of(found), "rows": _rows(queries.lines_of(found))}
    return render(request, "console/statement.html", context)


@require_safe
@never_cache
@owner_only
def so_far(request: OwnerRequest, slug: str) -> HttpResponse:
    """What the next statement will hold, as far as it has come."""
    chain = own_active_chain(request, slug)
    found = queries.so_far(chain.pk)
    context = {"chain": chain, "so_far": found, "rows": _rows(found.lines)}
    return render(request, "console/statement_so_far.html", context)


@require_safe
@never_cache
@owner_only
def statement_pdf(request: OwnerRequest, slug: str, month: date) -> HttpResponse:
    """The statement as PDF."""
    chain = own_active_chain(request, slug)
    found = _statement(chain, month)
    made = made_pdf(found, queries.lines_of(found), chain_name=chain.name)
    return _download(made, "application/pdf", f"{found.number}.pdf")


@require_safe
@never_cache
@owner_only
def statement_workbook(request: OwnerRequest, slug: str, month: date) -> HttpResponse:
    """The statement as a workbook."""
    chain = own_active_chain(request, slug)
    found = _statement(chain, month)
    target = BytesIO()
    write_statement(target, found, queries.lines_of(found))
    return _download(target.getvalue(), _WORKBOOK, f"{found.number}.xlsx")


def _download(content: bytes, content_type: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="kayun-{name}"'
    return answer


def _statement(chain: Chain, month: date) -> Statement:
    found = queries.statement_of(chain.pk, month)
    if found is None:
        raise Http404
    return found


def _rows(lines: Sequence[StatementLine]) -> list[dict[str, Any]]:
    return [
        {
            "line": line,
            "title": title_of(line),
            "explanation": explanation_of(line),
            "last_day": line.charge.period_end - timedelta(days=1) if line.charge else None,
        }
        for line in lines
    ]


def _month(text: str) -> date | None:
    """The month of an address's question; None where it is none."""
    try:
        return MonthConverter().to_python(text)
    except ValueError:
        return None
