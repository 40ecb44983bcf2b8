"""What a member sees: her cards, her balance, her records."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.pricebook.domain import PlanFeatures
from billing.subscriptions.entitlements import features_of
from kernel import clock
from kernel.slots import Busy
from kernel.sms.services import offered
from membership.cards.domain import CardStanding, refusal
from membership.cards.errors import not_usable
from membership.cards.models import Card
from membership.cards.queries import CardValue, cards_of_member, values_of
from membership.cards.web_login import WebPinOutcome, change_pin, check_web_pin
from membership.cashier.domain import receipt_number
from membership.cashier.errors import RecordNotFound
from membership.records.domain import RecordKind
from membership.records.models import Record
from membership.records.queries import Place, count_by_kind, kept_since, page_of_records, records_of_cards, reversal_of
from portal.attempts import attempt, status_of
from portal.endings import ending_soon
from portal.holdings import member_sums, package_rows
from portal.member.access import MemberRequest, close_session, members_only, open_session, session_card
from portal.member.forms import LoginForm, PinChangeForm
from portal.member.months import months_of
from portal.rows import card_row, record_row, slip_row
from tenants.stores.queries import count_open

_A_PAGE = 30
_RECENT = 5
# A card balance is shown in a chain; a single store shows it on its own receipts (R-A06, R-A07).
_LEAST_STORES = 2


@sensitive_post_parameters("pin")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def login(request: HttpRequest) -> HttpResponseBase:
    """Card number and PIN (R-A04). All failures read alike, and all but ``Busy`` are counted."""
    if request.method != "POST" and session_card(request) is not None:
        return redirect("member:home")
    form = LoginForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            outcome = check_web_pin(number=form.cleaned_data["card_number"], pin=form.cleaned_data["pin"])
        except Busy as busy:
            return _come_back(request, form, busy)
        if outcome.accepted and outcome.card is not None:
            open_session(request, outcome.card)
            return redirect("member:pin_change" if outcome.card.pin_must_change else "member:home")
        _refuse(form, None)
        status = 403
    return render(request, "member/login.html", {"form": form, "texts_offered": offered()}, status=status)


@require_POST
def logout(request: HttpRequest) -> HttpResponseBase:
    """Leave."""
    close_session(request)
    return redirect("member:login")


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@members_only
def pin_change(request: MemberRequest) -> HttpResponseBase:
    """Choose a PIN; at the first log-in, before anything else (X-19)."""
    card, first_time = request.card, request.card.pin_must_change
    form = PinChangeForm(request.POST or None, first_time=first_time)
    if request.method == "POST" and form.is_valid():
        try:
            proved = first_time or _prove(card, form).accepted
        except Busy as busy:
            return _come_back(request, form, busy)
        changed = None
        if proved:
            fields = {"pin_trivial": "new_pin", "pin_form": "new_pin", "pin_unchanged": "new_pin"}
            new_pin = form.cleaned_data["new_pin"]
            changed = attempt(form, lambda: change_pin(card=card, new_pin=new_pin), fields=fields)
        if changed is not None:
            open_session(request, changed)
            messages.success(request, _("密码已更改，请牢记新密码。"))
            return redirect("member:home")
    context = _shell(request, "pin") | {"form": form, "first_time": first_time}
    return render(request, "member/pin_change.html", context, status=status_of(form))


@require_safe
@never_cache
@members_only
def home(request: MemberRequest) -> HttpResponseBase:
    """Her cards (R-A05), what is on them where the plan shows it (R-A06, R-A07), and what happened last."""
    cards = _own_cards(request)
    show_balance = _shows_balance(request)
    values, endings = values_of(cards), ending_soon(cards)
    packages = package_rows(cards) if _plan(request).shows_balances else {}
    recent = page_of_records(_shown_records(request, cards), size=_RECENT)
    context = _shell(request, "home") | {
        "show_balance": show_balance,
        "cards": [
            _own_card(sequence, card, values.get(card.pk) if show_balance else None)
            | {"endings": endings.get(card.pk, []) if show_balance else [], "packages": packages.get(card.pk, [])}
            for sequence, card in enumerate(cards, start=1)
        ],
        # What she owes is hers to see on any plan (R-A03); what she paid ahead, from plan B on (R-A08).
        "sums": member_sums(request.card.member_id),
        "show_prepayment": _plan(request).shows_balances,
        "recent": [_linked(record) for record in recent],
        # With one card there is nothing to tell apart.
        "show_card": len(cards) > 1,
    }
    return render(request, "member/home.html", context)


@require_safe
@never_cache
@members_only
def records(request: MemberRequest) -> HttpResponseBase:
    """What happened to her cards, by month, as far back as the plan keeps it (R-A09, R-A10)."""
    kind = request.GET.get("kind", "")
    kind = kind if kind in RecordKind.values else ""
    cards = _own_cards(request)
    kept = _shown_records(request, cards)
    found = kept.filter(kind=kind) if kind else kept
    page = page_of_records(found, size=_A_PAGE + 1, after=Place.parse(request.GET.get("after", "")))
    context: dict[str, Any] = {"show_balance": _shows_balance(request), "show_card": len(cards) > 1}
    context["months"] = months_of(page[:_A_PAGE], found, row=_linked)
    if len(page) > _A_PAGE:
        wanted = {"kind": kind} if kind else {}
        context["next_page_url"] = f"?{urlencode({**wanted, 'after': str(Place.of(page[_A_PAGE - 1]))})}"
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "member/_months.html", context)
    context |= _shell(request, "records")
    context |= {"kinds": _kinds(kept, kind), "retention_months": _plan(request).records_kept_months}
    return render(request, "member/records.html", context)


@require_safe
@never_cache
@members_only
def record_detail(request: MemberRequest, record_id: UUID) -> HttpResponseBase:
    """One record of hers. Another member's does not exist for her.

    Raises:
        RecordNotFound
    """
    found = _shown_records(request, _own_cards(request)).filter(id=record_id)
    record = found.select_related("card__member", "store").first()
    if record is None:
        raise RecordNotFound
    row = slip_row(record) | {"is_reversed": reversal_of(record) is not None, "about": _about(request, record)}
    context = _shell(request, "records") | {"record": row, "hides_balance": not _shows_balance(request)}
    return render(request, "member/record_detail.html", context)


def _prove(card: Card, form: PinChangeForm) -> WebPinOutcome:
    """The old PIN again, counted like a log-in: an unattended phone must not become a place to guess it."""
    outcome = check_web_pin(number=card.number, pin=form.cleaned_data["current_pin"])
    if not outcome.accepted:
        _refuse(form, "current_pin")
    return outcome


def _refuse(form: LoginForm | PinChangeForm, field: str | None) -> None:
    text = _(
        "卡号或密码不正确，或因多次输错已暂停网页登录。请核对后稍等片刻再试；"
        "连续输错会使等待变长，卡在门店的使用不受影响。"
    )
    form.add_error(field, ValidationError(text, code="pin_refused"))


def _come_back(request: HttpRequest, form: LoginForm | PinChangeForm, busy: Busy) -> HttpResponse:
    form.add_error(None, ValidationError(str(busy), code=busy.code))
    template = "member/login.html" if isinstance(form, LoginForm) else "member/pin_change.html"
    response = render(request, template, {"form": form, "nav": "pin", "texts_offered": offered()}, status=busy.status)
    response["Retry-After"] = str(busy.retry_after_s)
    return response


def _shell(request: MemberRequest, nav: str) -> dict[str, Any]:
    return {"member_name": request.card.member.name if request.card.member else "", "nav": nav}


def _plan(request: HttpRequest) -> PlanFeatures:
    return features_of(request.chain)  # type: ignore[attr-defined]


def _shows_balance(request: HttpRequest) -> bool:
    return _plan(request).shows_balances and count_open() >= _LEAST_STORES


def _own_cards(request: MemberRequest) -> list[Card]:
    """Every card of whoever holds the card of this session."""
    assert request.card.member_id is not None  # noqa: S101  (whoever logs in holds an issued card)
    return cards_of_member(request.card.member_id)


def _shown_records(request: MemberRequest, cards: list[Card]) -> QuerySet[Record]:
    since = kept_since(clock.today(), _plan(request).records_kept_months)
    return records_of_cards(card.pk for card in cards).filter(occurred_at__gte=since)


def _own_card(sequence: int, card: Card, value: CardValue | None) -> dict[str, Any]:
    standing = CardStanding(card.status, card.locked, card.valid_until, card.account_valid_until)
    reason = refusal(standing, on=clock.today())
    return card_row(card) | {
        "sequence": sequence,
        "usable": reason is None,
        "advice": str(not_usable(reason, card_number=card.number)) if reason else "",
        "balance_fen": value.total_fen if value else None,
        "principal_fen": value.principal_fen if value else None,
        "bonus_fen": value.bonus_fen if value else None,
    }


def _about(request: MemberRequest, record: Record) -> dict[str, Any] | None:
    """The bill to which a return or a reversal belongs, if it is hers and still kept."""
    key = record.detail.get("returns") or record.detail.get("reverses")
    bill = _shown_records(request, _own_cards(request)).filter(id=key).first() if key else None
    if bill is None:
        return None
    return {
        "number": receipt_number(bill.id, bill.occurred_at),
        "url": reverse("member:record_detail", args=[bill.id]),
    }


def _linked(record: Record) -> dict[str, Any]:
    href = reverse("member:record_detail", args=[record.id])
    return record_row(record) | {"href": href, "actor_name": "", "member_name": ""}


def _kinds(kept: QuerySet[Record], active: str) -> list[dict[str, Any]]:
    counts = count_by_kind(kept)
    here = reverse("member:records")
    everything = {"code": "", "label": _("全部"), "count": sum(counts.values()), "active": not active, "url": here}
    return [everything] + [
        {
            "code": kind.value,
            "label": kind.label,
            "count": counts[kind.value],
            "active": kind.value == active,
            "url": f"{here}?{urlencode({'kind': kind.value})}",
        }
        for kind in RecordKind
        if kind.value in counts
    ]
