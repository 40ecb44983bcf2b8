"""Cards at the desk: the list, making, issuing, one card's page."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ledger.queries import lots_of
from membership.cards import queries, services
from membership.cards.domain import ENDED, CardStatus, NumberRange, tidy_number
from membership.cards.models import Card
from membership.cashier.faults import open_form_on
from membership.documents.queries import visible_to
from membership.expiry.services.dormancy import DormantFrozen, is_dormant
from membership.records.queries import Place, page_of_records, records_of_cards
from membership.stock import services as stock
from membership.tills.services import PRINTERS
from portal.attempts import attempt, refusal_of, status_of
from portal.desk.access import DeskRequest, staff_only, working_store
from portal.desk.card_forms import CardStepForm
from portal.desk.card_life_views import card_of
from portal.desk.card_steps import STEPS, open_steps, open_successions
from portal.desk.forms import CardFilterForm, MakeCardsForm
from portal.desk.id_checks import matches
from portal.desk.pin_slips import pin_slip
from portal.holdings import member_sums, package_rows
from portal.rows import card_row, last_day_before, lot_label, member_row, record_row, value_row
from tenants.people.domain import Act, NotAllowed, require_somewhere

_A_PAGE = 50
_TIMELINE = 20
_CHOICES = 6
_LONGEST_VERSION = 10

_STEP_FIELDS = {
    "agent_unnamed": "agent_name",
    "invalid_id_number": "agent_id",
    "id_not_verified": "holder_number",
}
_VIEWERS = (Act.CARD_VIEW, Act.CARD_ISSUE, Act.CARD_MAKE, Act.VALUE_TOP_UP, Act.VALUE_CONSUME)


@require_safe
@staff_only(*_VIEWERS)
def card_list(request: DeskRequest) -> HttpResponseBase:
    """All cards, filtered; further pages are fetched as rows."""
    form = CardFilterForm(request.GET, levels=queries.levels(), types=queries.types())
    wanted = form.cleaned_data if form.is_valid() else {}
    filters = {
        "text": wanted.get("q", ""),
        "status": wanted.get("status", ""),
        "level_code": wanted.get("level", ""),
        "type_code": wanted.get("type", ""),
    }
    found = queries.search_cards(**filters)
    # One more than is shown tells whether there is a next page.
    after = tidy_number(request.GET.get("after", "").replace("\0", ""))
    page = queries.page_of_cards(found, size=_A_PAGE + 1, after_number=after)
    context: dict[str, Any] = {"cards": [card_row(card) for card in page[:_A_PAGE]]}
    if len(page) > _A_PAGE:
        kept = {name: value for name, value in wanted.items() if value}
        context["next_page_url"] = f"?{urlencode({**kept, 'after': page[_A_PAGE - 1].number})}"
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "desk/_card_rows.html", context)
    context |= {"filter_form": form, "total": found.count(), "exported": wanted, "nav": "cards"}
    return render(request, "desk/card_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.CARD_MAKE)
def card_make(request: DeskRequest) -> HttpResponseBase:
    """Make a range of idle cards (R-B08)."""
    form = MakeCardsForm(request.POST or None, levels=queries.levels(), types=queries.types())
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        numbers = NumberRange(
            prefix=given["number_prefix"].strip().upper(),
            first=given["first"],
            quantity=given["quantity"],
            width=given["width"],
            check_digit=given["check_digit"],
        )
        made = attempt(
            form,
            lambda: stock.make_range(
                actor=request.desk.actor,
                type_code=given["type"] or services.ORDINARY,
                level_code=given["level"],
                numbers=numbers,
                store_id=_store_id(request),
            ),
        )
        if made is not None:
            text = _("已制卡 %(quantity)d 张：%(first)s 至 %(last)s。")
            messages.success(request, text % {"quantity": made.quantity, "first": made.first, "last": made.last})
            return redirect("desk:card_list")
    return render(request, "desk/card_make.html", {"form": form, "nav": "make"}, status=status_of(form))


@require_safe
@staff_only(*_VIEWERS)
def card_detail(request: DeskRequest, number: str) -> HttpResponseBase:
    """One card: its holder, what is on it and what happened to it.

    Raises:
        CardNotFound
    """
    return _detail(request, card_of(number))


@require_POST
@staff_only(*{step.act for step in STEPS.values()})
def card_step(request: DeskRequest, number: str) -> HttpResponseBase:
    """Take a step of the card's life: loss, freezing, activation, withdrawal … (section Z).

    Raises:
        CardNotFound, NotAllowed
    """
    card = card_of(number)
    step = STEPS.get(request.POST.get("step", ""))
    if step is None:
        return redirect("desk:card_detail", number=card.number)
    require_somewhere(request.desk.actor, step.act)
    form = step.form(request.POST)
    matched = matches(request, card, form) if form.is_valid() and form.asks_id else None
    if form.is_valid():
        taken = attempt(
            form,
            lambda: step.take(
                actor=request.desk.actor,
                number=card.number,
                store_id=working_store(request, step.act),
                **form.given(matched=bool(matched)),
            ),
            fields=_STEP_FIELDS,
        )
        if taken is not None:
            messages.success(request, str(step.done))
            return redirect("desk:card_detail", number=card.number)
        refused = refusal_of(form)
        if isinstance(refused, NotAllowed):
            raise refused
        if form.errors.keys() & form.fields.keys():
            return _detail(request, card, tried=form)
        if isinstance(refused, DormantFrozen):
            messages.error(request, str(refused))
            return redirect(f"{reverse('desk:dormancy_reopen')}?{urlencode({'number': card.number})}")
        # The card has moved on since its page was opened: the page says where it stands now.
        messages.error(request, str(refused))
        return redirect("desk:card_detail", number=card.number)
    return _detail(request, card, tried=form)


def _frozen(request: DeskRequest, card: Card) -> dict[str, Any]:
    """What keeps a card frozen: a fault form that is open, with its page where she may see it; or that it lay unused,
    and she may open it again (R-G05, R-I08).
    """
    if card.status != CardStatus.FROZEN:
        return {}
    form = open_form_on(card.number)
    if form is not None:
        seen = visible_to(request.desk.actor).filter(pk=form.pk).exists()
        url = reverse("desk:document", args=[form.number]) if seen else ""
        return {"fault": {"number": form.number, "state_label": form.get_state_display(), "url": url}}
    return {"reopens_by_form": request.desk.actor.may(Act.CARD_FREEZE, store_id=_here(request)) and is_dormant(card)}


def _usable(card: Card) -> dict[str, Any]:
    """What may be done with the card at a till today, by whoever may: told by the card's state (R-C04)."""
    if card.stored_account is None:
        return {}
    # Such a card is loaded once, when it is sold.
    loadable = card.type.top_up_allowed or card.stored_account.version == 0
    return {"why_unusable": queries.why_unusable(card), "loadable": loadable}


def _detail(request: DeskRequest, card: Card, *, tried: CardStepForm | None = None) -> HttpResponse:
    after = Place.parse(request.GET.get("after", ""))
    page = page_of_records(records_of_cards([card.pk]), size=_TIMELINE + 1, after=after)
    reads = any(request.desk.actor.may_somewhere(act) for act in PRINTERS)
    context: dict[str, Any] = {"timeline": [_linked(record_row(record), reads=reads) for record in page[:_TIMELINE]]}
    if len(page) > _TIMELINE:
        context["next_page_url"] = f"?{urlencode({'after': str(Place.of(page[_TIMELINE - 1]))})}"
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "desk/_timeline.html", context)
    value = queries.values_of([card]).get(card.pk)
    context |= {
        "card": card_row(card) | _more(card),
        "member": member_row(card.member) if card.member else None,
        "balance": value_row(value) or {"total_fen": 0, "principal_fen": 0, "bonus_fen": 0},
        "lots": _lots(card),
        "sums": member_sums(card.member_id),
        "packages": package_rows([card]).get(card.pk, []),
        "pin_version": card.pin_version,
        "has_ended": card.status in ENDED,
        "may_issue": request.desk.actor.may_somewhere(card.type.issue_act),
        "exported": {"number": card.number},
        "steps": open_steps(card, actor=request.desk.actor, store_id=_here(request), tried=tried),
        "successions": open_successions(card, actor=request.desk.actor, store_id=_here(request)),
        **_frozen(request, card),
        **_usable(card),
        "nav": "cards",
    }
    return render(request, "desk/card_detail.html", context, status=status_of(tried) if tried is not None else 200)


@require_POST
@never_cache
@staff_only(Act.PIN_RESET)
def card_pin_reset(request: DeskRequest, number: str) -> HttpResponseBase:
    """Give the holder, who has shown who she is, a new random PIN.

    Raises:
        NotAllowed, CardNotFound, CardIdle, Busy
        PinChangedMeanwhile: the form was sent before; a reload resets nothing.
    """
    seen = request.POST.get("pin_version", "")
    issued = services.reset_pin(
        actor=request.desk.actor,
        number=number,
        store_id=working_store(request, Act.PIN_RESET),
        pin_version=int(seen) if seen.isdecimal() and len(seen) < _LONGEST_VERSION else -1,
    )
    return pin_slip(request, issued, reset=True)


def _lots(card: Card) -> list[dict[str, Any]]:
    if card.stored_account_id is None:
        return []
    return [
        {
            "kind_label": lot_label(lot.kind),
            "original_fen": lot.original,
            "remaining_fen": lot.remaining,
            "opened_at": lot.opened_at,
            "last_day": last_day_before(lot.expires_at) if lot.expires_at else None,
        }
        for lot in lots_of(card.stored_account_id)
    ]


def _more(card: Card) -> dict[str, Any]:
    """What a card's own page says besides its row."""
    return {
        "issued_at": card.issued_at,
        "activated_at": card.activated_at,
        "store_name": card.store.name if card.store else None,
        "payment_pending": card.payment_pending,
        "internal_code": card.internal_code,
        "replaces": card.replaces.number if card.replaces else None,
        "replaced_by": card.replaced_by.number if hasattr(card, "replaced_by") else None,
    }


def _linked(row: dict[str, Any], *, reads: bool) -> dict[str, Any]:
    """A record of money leads to its receipt, for whoever may read receipts."""
    return row | {"href": reverse("desk:receipt", args=[row["id"]])} if reads and row["amount_fen"] else row


def _store_id(request: DeskRequest) -> int | None:
    """Cards may be made for the whole chain; a person of some stores makes them for hers."""
    if request.desk.actor.may(Act.CARD_MAKE):
        return None
    return _here(request)


def _here(request: DeskRequest) -> int | None:
    return request.desk.store.pk if request.desk.store else None
