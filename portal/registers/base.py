"""Registers: every table of a schema, to look at. Acts go through services, on the desk's own pages."""

from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.sites import UnfoldAdminSite

from portal.actors import actor_of_request
from tenants.people.domain import EVERYWHERE, Act


class RegisterSite(UnfoldAdminSite):  # type: ignore[misc]
    """An admin site that has no way to write and no log-in of its own."""

    enable_nav_sidebar = False

    def get_urls(self) -> list[Any]:
        """Without the addresses that change a password or log in and out: accounts have their own pages."""
        kept = super().get_urls()
        return [url for url in kept if getattr(url, "name", None) not in {"password_change", "password_change_done"}]


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]
    """A register. Nothing is added, changed or deleted here, by anyone."""

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

    def _stores(self, request: HttpRequest) -> frozenset[int] | None:
        """The stores whose rows are shown: None for all; none at all for a register of the whole chain."""
        actor = actor_of_request(request)
        granted = actor.grants.get(Act.REGISTER_VIEW) if actor else None
        if granted == EVERYWHERE or (actor is not None and actor.kind == "platform"):
            return None
        return granted if self.store_path and isinstance(granted, frozenset) else frozenset()
