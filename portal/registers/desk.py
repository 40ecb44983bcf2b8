"""The chain's registers, at /desk/registers/: every table that staff may look into, and none that they may write."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kernel.mail.models import OutgoingMail
from kernel.sms.models import OutgoingText
from ledger.models import Account, Draw, Entry, Lot, Posting
from membership.cards.models import Card, CardLevel, CardType
from membership.cashier.models import ChainPolicy
from membership.members.domain import masked_phone
from membership.members.models import Member
from membership.records.models import Record
from portal.registers.base import ReadOnlyAdmin, RegisterSite, yuan_column
from portal.registers.business import BUSINESS
from portal.registers.ledger import (
    ChainAccountRegister,
    ChainPostingRegister,
    DrawRegister,
    EntryRegister,
    LotRegister,
)
from tenants.audit.models import AuditEntry
from tenants.people.domain import Act, Actor
from tenants.people.models import ApiKey, Assignment, Role, RoleAct, UsedTicket, User
from tenants.stores.models import Store


class DeskRegisters(RegisterSite):
    """For staff whose roles let them look."""

    site_title = site_header = index_title = _("登记簿")
    site_url = "/desk/"
    door = "desk:login"

    def may_look(self, request: HttpRequest, actor: Actor) -> bool:
        return actor.may_somewhere(Act.REGISTER_VIEW)


registers_site = DeskRegisters(name="registers")


@admin.register(Store, site=registers_site)
class StoreRegister(ReadOnlyAdmin):
    """门店."""

    list_display = ("code", "name", "opened_on", "closed_on")
    search_fields = ("code", "name")
    store_path = "pk"


@admin.register(Member, site=registers_site)
class MemberRegister(ReadOnlyAdmin):
    """会员. Telephones are masked: whoever needs one asks for the member at the desk, and it is noted."""

    list_display = ("code", "name", "shown_phone", "store", "created_at")
    list_select_related = ("store",)
    list_filter = ("store",)
    search_fields = ("code__exact", "name")
    fields = ("code", "name", "shown_phone", "birthday", "store", "created_at")
    store_path = "store"

    @admin.display(description=_("手机号"))
    def shown_phone(self, member: Member) -> str:
        return masked_phone(member.phone)


@admin.register(CardLevel, site=registers_site)
class CardLevelRegister(ReadOnlyAdmin):
    """卡级别."""

    list_display = (
        "code",
        "name",
        "rank",
        "validity_months",
        yuan_column("balance_cap_fen", description=_("余额上限")),
    )
    fields = list_display


@admin.register(CardType, site=registers_site)
class CardTypeRegister(ReadOnlyAdmin):
    """卡类型."""

    list_display = (
        "code",
        "name",
        "kind",
        "use_by",
        "member_required",
        "real_name",
        "earns_points",
        "top_up_allowed",
        yuan_column("balance_cap_fen", description=_("余额上限")),
        "enabled_at",
    )
    fields = list_display


@admin.register(Card, site=registers_site)
class CardRegister(ReadOnlyAdmin):
    """会员卡. A PIN's hash is nobody's to see."""

    list_display = (
        *("number", "type", "level", "status", "locked"),
        *("member", "valid_until", "account_valid_until", "store"),
    )
    list_select_related = ("type", "level", "member", "store")
    list_filter = ("status", "locked", "type", "level", "store")
    search_fields = ("number__exact", "member__code__exact", "member__name")
    exclude = ("pin_hash", "pin_version")
    raw_id_fields = ("member", "stored_account", "points_account")
    store_path = "store"


@admin.register(Record, site=registers_site)
class RecordRegister(ReadOnlyAdmin):
    """卡片记录."""

    list_display = (
        "occurred_at",
        "card",
        "kind",
        yuan_column("amount_fen", description=_("金额")),
        yuan_column("balance_after_fen", description=_("余额")),
        "store",
        "actor_name",
    )
    fields = (*list_display, "posting_id", "detail")
    list_select_related = ("card", "store")
    list_filter = ("kind", "store", "occurred_at")
    search_fields = ("card__number__exact",)
    ordering = ("-occurred_at", "-id")
    store_path = "store"


@admin.register(ChainPolicy, site=registers_site)
class ChainPolicyRegister(ReadOnlyAdmin):
    """收银规则."""

    list_display = ("__str__", "draw_policy", "bonus_validity_months")


registers_site.register(Account, ChainAccountRegister)
registers_site.register(Posting, ChainPostingRegister)
registers_site.register(Entry, EntryRegister)
registers_site.register(Lot, LotRegister)
registers_site.register(Draw, DrawRegister)


@admin.register(User, site=registers_site)
class StaffRegister(ReadOnlyAdmin):
    """员工. Without passwords, and without Django's own rights, which nothing here asks for."""

    list_display = ("username", "name", "email", "phone", "is_active", "last_login")
    list_filter = ("is_active",)
    search_fields = ("username", "name")
    fields = ("username", "name", "email", "phone", "is_active", "last_login", "date_joined")


@admin.register(Role, site=registers_site)
class RoleRegister(ReadOnlyAdmin):
    """角色."""

    list_display = ("code", "label", "preset")


@admin.register(RoleAct, site=registers_site)
class RoleActRegister(ReadOnlyAdmin):
    """角色权限."""

    list_display = ("role", "act")
    list_select_related = ("role",)
    list_filter = ("role", "act")


@admin.register(Assignment, site=registers_site)
class AssignmentRegister(ReadOnlyAdmin):
    """任职."""

    list_display = ("user", "role", "store_id")
    list_select_related = ("user", "role")
    list_filter = ("role",)
    store_path = "store_id"


@admin.register(ApiKey, site=registers_site)
class ApiKeyRegister(ReadOnlyAdmin):
    """接口密钥, without the secret's digest."""

    list_display = ("prefix", "name", "store_id", "created_at", "revoked_at")
    fields = ("prefix", "name", "acts", "store_id", "created_at", "created_by", "revoked_at")
    store_path = "store_id"


@admin.register(UsedTicket, site=registers_site)
class UsedTicketRegister(ReadOnlyAdmin):
    """已用入场券."""

    list_display = ("id", "owner_id", "used_at")


@admin.register(AuditEntry, site=registers_site)
class AuditRegister(ReadOnlyAdmin):
    """操作记录."""

    list_display = ("occurred_at", "actor_name", "actor", "act", "object_type", "object_id", "store_id")
    list_filter = ("act", "occurred_at")
    search_fields = ("=actor", "actor_name", "=object_id", "=request_id")
    ordering = ("-occurred_at", "-id")
    store_path = "store_id"


class MailRegister(ReadOnlyAdmin):
    """待发邮件, without what they say: a mail may hold a link that opens an account."""

    list_display: Any = ("created_at", "recipients", "subject", "state", "attempts", "sent_at")
    list_filter: Any = ("state",)
    fields: Any = ("recipients", "subject", "state", "attempts", "error", "created_at", "sent_at")
    ordering: Any = ("-created_at", "-id")


@admin.register(OutgoingText, site=registers_site)
class TextRegister(ReadOnlyAdmin):
    """待发短信, without number and words: a message may hold a code."""

    list_display = ("created_at", "template", "masked", "state", "attempts", "sent_at")
    list_filter = ("state", "template")
    fields = ("template", "masked", "state", "attempts", "error", "created_at", "useless_at", "sent_at")
    ordering = ("-created_at", "-id")


registers_site.register(OutgoingMail, MailRegister)
for _model, _how in BUSINESS:
    registers_site.register(_model, _how)
