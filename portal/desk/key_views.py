"""Keys of the chain's own software."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from portal.desk.access import DeskRequest, staff_only
from portal.desk.people_forms import ApiKeyForm, store_choices
from tenants.people import queries, services
from tenants.people.domain import EVERYWHERE, Act
from tenants.stores.queries import stores


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only(Act.APIKEY_MANAGE)
def api_keys(request: DeskRequest) -> HttpResponseBase:
    """The keys, and a form for the next. A new key is shown in the answer to the form and never again."""
    actor = request.desk.actor
    mine = [store for store in request.desk.stores if actor.may(Act.APIKEY_MANAGE, store_id=store.pk)]
    everywhere = actor.grants.get(Act.APIKEY_MANAGE) == EVERYWHERE
    choices = store_choices(mine, everywhere=everywhere)
    form = ApiKeyForm(request.POST or None, stores=choices)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_api_key(
                actor=actor,
                name=form.cleaned_data["name"],
                acts=form.cleaned_data["acts"],
                store_id=form.cleaned_data["store"],
                request_key=form.cleaned_data["form_token"],
            )
        except services.ApiKeyAlreadyMade as repeated:
            messages.warning(request, str(repeated))
            return redirect("desk:api_keys")
        # The key itself is kept nowhere, so it is shown in this very answer.
        return _page(request, ApiKeyForm(stores=choices), new_key=made.raw)
    return _page(request, form)


@require_POST
@staff_only(Act.APIKEY_MANAGE)
def api_key_revoke(request: DeskRequest, prefix: str) -> HttpResponseBase:
    """End a key."""
    key = services.revoke_api_key(actor=request.desk.actor, prefix=prefix)
    messages.success(request, _("密钥“%(name)s”已吊销。") % {"name": key.name})
    return redirect("desk:api_keys")


def _page(request: DeskRequest, form: ApiKeyForm, *, new_key: str | None = None) -> HttpResponse:
    names = {store.pk: store.name for store in stores()}
    labels = {act.value: act.label for act in Act}
    actor = request.desk.actor
    keys: list[dict[str, Any]] = [
        {
            "prefix": key.prefix,
            "name": key.name,
            "store_name": None if key.store_id is None else names.get(key.store_id, "?"),
            "acts_labels": [labels.get(act, act) for act in key.acts],
            "created_at": key.created_at,
            "revoked_at": key.revoked_at,
        }
        for key in queries.api_keys()
        if actor.may(Act.APIKEY_MANAGE, store_id=key.store_id)
    ]
    return render(request, "desk/api_keys.html", {"keys": keys, "form": form, "new_key": new_key, "nav": "api_keys"})
