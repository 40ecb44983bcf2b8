"""The chain's stores, and the one somebody works in now."""

from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from billing.pricebook.modules import MODULES
from billing.subscriptions.queries import Raise, floor_change
from billing.subscriptions.services import announce_floor
from kernel import clock
from kernel.errors import DomainError
from kernel.money import Money
from portal.desk.access import SESSION_STORE, DeskRequest, staff_only
from portal.desk.people_forms import RenameStoreForm, StoreForm
from tenants.people.domain import Act, require
from tenants.people.models import User
from tenants.stores import queries, services


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.STORE_MANAGE)
def store_list(request: DeskRequest) -> HttpResponseBase:
    """The stores, and a form for the next; where that takes the chain over the line of its plan, what it will cost."""
    stores = list(queries.stores())
    count = sum(store.closed_on is None for store in stores) + 1
    raised = floor_change(request.chain.id, open_stores=count, today=clock.today())  # type: ignore[attr-defined]
    form = StoreForm(request.POST or None, initial={"opened_on": clock.today()}, asks_consent=raised is not None)
    if request.method == "POST" and form.is_valid():
        given = {name: value for name, value in form.cleaned_data.items() if name != "agreed"}
        try:
            store = services.open_store(actor=request.desk.actor, **given)
        except services.StoreCodeTaken as error:
            form.add_error("code", str(error))
        except services.OpeningDayOutOfRange as error:
            form.add_error("opened_on", str(error))
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("门店“%(name)s”已开业。") % {"name": store.name})
            if raised is not None:
                _announce(request, store.name, count, raised)
            return redirect("desk:store_list")
    # Not "stores": the shell's switch has that name.
    context = {"form": form, "all_stores": stores, "nav": "stores", **_cost(raised, count)}
    return render(request, "desk/store_list.html", context)


def _cost(raised: Raise | None, count: int) -> dict[str, Any]:
    """What the page says before the store is opened."""
    if raised is None:
        return {}
    change = raised.change
    lines = [{"line": line, "module": MODULES[line.module]} for line in change.now] if change is not None else []
    return {"raised": raised, "change": change, "lines": lines, "count": count, "floor": raised.plan.value}


def _announce(request: DeskRequest, store_name: str, count: int, raised: Raise) -> None:
    """Tell whoever is here, and the owner by mail, who may be somebody else."""
    chain = request.chain  # type: ignore[attr-defined]
    values: dict[str, Any] = {"count": count, "plan": raised.plan.value, "day": raised.day}
    if raised.change is not None:
        values["total"] = Money(raised.change.total_fen)
        said = _(
            "营业门店达到 %(count)s 家，一小时内自动升为 %(plan)s 版，从商户账户扣除 %(total)s；已邮件通知所有者。"
        )
    else:
        values |= {"agreed": raised.agreed.value, "monthly": Money(raised.monthly_fen)}
        said = _(
            "营业门店达到 %(count)s 家：原定 %(day)s 起改为 %(agreed)s 版，届时将改为 %(plan)s 版，每月 %(monthly)s；"
            "现在不扣款，已邮件通知所有者。"
        )
    messages.warning(request, said % values)
    owner = User.objects.filter(owner_id=chain.owner_id).first()
    if owner is not None:
        announce_floor(to=owner.email, chain_name=chain.name, store_name=store_name, open_stores=count, raised=raised)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.STORE_MANAGE)
def store_rename(request: DeskRequest, store_id: int) -> HttpResponseBase:
    """Give a store another name.

    Raises:
        NotAllowed, StoreNotFound
    """
    store = queries.stores().filter(pk=store_id).first()
    if store is None:
        raise services.StoreNotFound
    require(request.desk.actor, Act.STORE_MANAGE, store_id=store_id)
    form = RenameStoreForm(request.POST or None, initial={"name": store.name})
    if request.method == "POST" and form.is_valid():
        renamed = services.rename_store(actor=request.desk.actor, store_id=store_id, name=form.cleaned_data["name"])
        messages.success(request, _("门店已改名为“%(name)s”。") % {"name": renamed.name})
        return redirect("desk:store_list")
    context = {"form": form, "renamed": store, "all_stores": list(queries.stores()), "nav": "stores"}
    return render(request, "desk/store_list.html", context)


@require_POST
@staff_only(Act.STORE_MANAGE)
def store_close(request: DeskRequest, store_id: int) -> HttpResponseBase:
    """Close a store as of today."""
    store = services.close_store(actor=request.desk.actor, store_id=store_id, closed_on=clock.today())
    messages.success(request, _("门店“%(name)s”已停业，其会员卡仍可在其他门店使用。") % {"name": store.name})
    return redirect("desk:store_list")


@require_POST
@staff_only()
def store_switch(request: DeskRequest) -> HttpResponseBase:
    """Work in another store; one that is not hers is ignored."""
    chosen = request.POST.get("store", "")
    if chosen in {str(store.pk) for store in request.desk.stores}:
        request.session[SESSION_STORE] = int(chosen)
    onward = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(onward, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return redirect(onward)
    return redirect("desk:home")
