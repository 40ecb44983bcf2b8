"""The chain's stores, and the one somebody works in now."""

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kernel import clock
from kernel.errors import DomainError
from portal.desk.access import SESSION_STORE, DeskRequest, staff_only
from portal.desk.people_forms import RenameStoreForm, StoreForm
from tenants.people.domain import Act, require
from tenants.stores import queries, services


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.STORE_MANAGE)
def store_list(request: DeskRequest) -> HttpResponseBase:
    """The stores, and a form for the next."""
    form = StoreForm(request.POST or None, initial={"opened_on": clock.today()})
    if request.method == "POST" and form.is_valid():
        try:
            store = services.open_store(actor=request.desk.actor, **form.cleaned_data)
        except services.StoreCodeTaken as error:
            form.add_error("code", str(error))
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("门店“%(name)s”已开业。") % {"name": store.name})
            return redirect("desk:store_list")
    # Not "stores": the shell's switch has that name.
    context = {"form": form, "all_stores": list(queries.stores()), "nav": "stores"}
    return render(request, "desk/store_list.html", context)


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
