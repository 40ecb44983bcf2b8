"""Registers: every table of a schema, to look at. Acts go through services, on the desk's own pages."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from csp import constants as csp
from csp.decorators import csp_update
from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth import logout as end_session
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode
from unfold.admin import ModelAdmin
from unfold.sites import UnfoldAdminSite

from kernel.money import Money
from portal.actors import actor_of_request
from tenants.people.domain import EVERYWHERE, Act, Actor, NotAllowed

View = Callable[..., HttpResponseBase]

# Alpine evaluates what stands in attributes, and unfold writes its colours into the page.
_REGISTERS_NEED = {"script-src": [csp.SELF, csp.UNSAFE_EVAL], "style-src": [csp.SELF, csp.UNSAFE_INLINE]}


class RegisterSite(UnfoldAdminSite):  # type: ignore[misc]
    """An admin site that has no way to write, and no accounts of its own: their pages are elsewhere."""

    door = ""
    """The name of the log-in page of this host."""

    def may_look(self, request: HttpRequest, actor: Actor) -> bool:
        """Whether the person may see these registers at all."""
        raise NotImplementedError

    def has_permission(self, request: HttpRequest) -> bool:
        actor = actor_of_request(request)
        return actor is not None and request.user.is_active and self.may_look(request, actor)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """unfold's settings name one site only; each of ours has its own name and way back."""
        context: dict[str, Any] = super().each_context(request)
        names = {"site_title": self.site_title, "site_header": self.site_header, "site_url": self.site_url}
        return {**context, **names}

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Django's guard, but with this host's own door instead of a log-in page of the registers'."""
        guarded = super().admin_view(view, cacheable)

        @wraps(view)
        @csp_update(_REGISTERS_NEED)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not self.has_permission(request):
                return self._refuse(request, onward=request.get_full_path())
            answer: HttpResponseBase = guarded(request, *args, **kwargs)
            return answer

        return inner

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is none here: to the registers, or to this host's door.

        Raises:
            NotAllowed
        """
        index = reverse(f"{self.name}:index")
        return HttpResponseRedirect(index) if self.has_permission(request) else self._refuse(request, onward=index)

    def _refuse(self, request: HttpRequest, *, onward: str) -> HttpResponse:
        if actor_of_request(request) is not None:
            raise NotAllowed(act=self.site_header)
        return HttpResponseRedirect(f"{reverse(self.door)}?{urlencode({REDIRECT_FIELD_NAME: onward})}")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Log out, if that was meant."""
        if request.method != "POST":
            return HttpResponseRedirect(reverse(f"{self.name}:index"))
        end_session(request)
        return HttpResponseRedirect(reverse(self.door))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """On the account's own page."""
        return HttpResponseRedirect(reverse("account_change_password"))

    def password_change_done(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """On the account's own page."""
        return HttpResponseRedirect(reverse("account_change_password"))


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]
    """A register. Nothing is added, changed or deleted here, by anyone.

    Refused for all rows, of all models: there is no condition under which a register may write.
    """

    store_path: str | None = None
    """Where a row's store is found, for those who may look only in their own. None: rows belong to the whole chain."""

    actions = None
    list_per_page = 50
    show_full_result_count = False
    compressed_fields = True

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(self.admin_site.has_permission(request)) and self._stores(request) != frozenset()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Only the rows of the stores where the person may look."""
        rows: QuerySet[Any] = super().get_queryset(request)
        stores = self._stores(request)
        if stores is None:
            return rows
        return rows.filter(**{f"{self.store_path}__in": sorted(stores)}) if stores else rows.none()

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Sequence[Any]:
        """The fields; what lies in another register that this person may not open is named, and no link."""
        fields = super().get_fields(request, obj)
        return fields if obj is None else [self._named(request, obj, field) for field in fields]

    def _named(self, request: HttpRequest, row: Model, field: Any) -> Any:
        relation: Any = next((one for one in row._meta.concrete_fields if one.name == field and one.is_relation), None)
        if relation is None or relation.related_model is None or getattr(row, relation.attname) is None:
            return field
        register = self.admin_site._registry.get(relation.related_model)
        if register is not None and register.has_view_permission(request):
            rows = register.get_queryset(request).filter(
                **{f"{relation.target_field.name}": getattr(row, relation.attname)}
            )
            if register._stores(request) is None or rows.exists():
                return field
        return _text_column(relation)

    def _stores(self, request: HttpRequest) -> frozenset[int] | None:
        """The stores whose rows are shown: None for all; none at all for a register of the whole chain."""
        actor = actor_of_request(request)
        granted = actor.grants.get(Act.REGISTER_VIEW) if actor else None
        if granted == EVERYWHERE or (actor is not None and actor.kind == "platform"):
            return None
        return granted if self.store_path and isinstance(granted, frozenset) else frozenset()


def _text_column(relation: Any) -> Any:
    """A column that names what a field leads to."""

    @admin.display(description=relation.verbose_name)
    def column(row: Any) -> str:
        return str(getattr(row, relation.name))

    return column


def yuan_column(field: str, *, description: Any) -> Any:
    """A column that shows a field of whole fen as money."""

    @admin.display(description=description, ordering=field)
    def column(row: Any) -> str:
        fen = getattr(row, field)
        return "" if fen is None else Money(fen).format()

    return column
