"""The platform's own registers, at /platform/: chains, owners, mail, the trail, the chains' accounts."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing.accounts.models import Adjustment
from billing.payments.models import Attempt, PaymentEvent
from kernel.mail.models import OutgoingMail
from ledger.models import Account, Posting
from portal.platform.access import platform_actor, turn_away
from portal.platform.menu import OFFICES
from portal.registers.base import ReadOnlyAdmin, RegisterSite, yuan_column
from portal.registers.desk import AuditRegister, MailRegister
from portal.registers.ledger import AccountRegister, PostingRegister
from tenants.audit.models import AuditEntry
from tenants.chains.models import Chain, Domain, Spare
from tenants.people.domain import Actor
from tenants.people.models import User


class PlatformRegisters(RegisterSite):
    """For the platform's staff only."""

    site_title = site_header = index_title = _("平台登记簿")
    site_url = "/"
    door = "account_login"

    def may_look(self, request: HttpRequest, actor: Actor) -> bool:
        """As in the offices beside them: not without a second factor."""
        return platform_actor(request) is not None

    def _refuse(self, request: HttpRequest, *, onward: str) -> HttpResponse:
        return turn_away(request, onward=onward)

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The offices first, then every register."""
        offices = [
            {"title": one.title, "link": reverse(one.view), "active": False, "has_permission": True} for one in OFFICES
        ]
        return [{"title": _("平台管理"), "items": offices}, *self._registers(request)]

    def _registers(self, request: HttpRequest) -> list[dict[str, Any]]:
        return [
            {
                "title": app["name"],
                "separator": True,
                "items": [
                    {
                        "title": model["name"],
                        "link": model["admin_url"],
                        "active": request.path.startswith(model["admin_url"]),
                        "has_permission": True,
                    }
                    for model in app["models"]
                ],
            }
            for app in self.get_app_list(request)
        ]


platform_site = PlatformRegisters(name="platform")


@admin.register(Chain, site=platform_site)
class ChainRegister(ReadOnlyAdmin):
    """商户."""

    list_display = ("slug", "name", "plan", "state", "owner", "created_at", "activated_at")
    list_select_related = ("owner",)
    list_filter = ("state", "plan")
    search_fields = ("slug", "name", "owner__email")
    ordering = ("-created_at", "-id")


@admin.register(Domain, site=platform_site)
class DomainRegister(ReadOnlyAdmin):
    """域名."""

    list_display = ("domain", "tenant", "is_primary")
    list_select_related = ("tenant",)
    search_fields = ("domain",)


@admin.register(Spare, site=platform_site)
class SpareRegister(ReadOnlyAdmin):
    """备用商户库."""

    list_display = ("schema_name", "fingerprint", "made_at")


@admin.register(User, site=platform_site)
class UserRegister(ReadOnlyAdmin):
    """所有者 and 平台员工."""

    list_display = ("email", "name", "kind", "is_active", "date_joined", "last_login")
    list_filter = ("kind", "is_active")
    search_fields = ("email", "name")
    fields = ("email", "name", "phone", "kind", "is_active", "last_login", "date_joined")


@admin.register(Attempt, site=platform_site)
class PaymentRegister(ReadOnlyAdmin):
    """支付."""

    list_display = ("created_at", "chain", "kind", "method", yuan_column("amount_fen", description=_("金额")), "state")
    list_select_related = ("chain",)
    list_filter = ("state", "kind")
    search_fields = ("chain__slug", "intent_id", "object_id")
    ordering = ("-created_at",)
    exclude = ("url",)


@admin.register(PaymentEvent, site=platform_site)
class PaymentEventRegister(ReadOnlyAdmin):
    """支付通知."""

    list_display = ("received_at", "type", "object_id", "state", "problem", "found")
    list_filter = ("state", "found")
    search_fields = ("event_id", "object_id")
    ordering = ("-id",)


@admin.register(Adjustment, site=platform_site)
class AdjustmentRegister(ReadOnlyAdmin):
    """账户调整."""

    list_display = (
        "requested_at", "chain", yuan_column("amount_fen", description=_("金额")), "reason", "requested_by"
    )  # fmt: skip
    list_select_related = ("chain", "requested_by")
    search_fields = ("chain__slug", "reason")
    ordering = ("-id",)


platform_site.register(OutgoingMail, MailRegister)
platform_site.register(AuditEntry, AuditRegister)
platform_site.register(Account, AccountRegister)
platform_site.register(Posting, PostingRegister)
