"""The books as people read them: kinds in words, fen as yuan, accounts by the card that holds them."""

from typing import Any, Final

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from billing.accounts import domain as billing
from kernel.money import Money
from ledger.domain import Contra, Unit
from ledger.models import Account, Draw, Entry, Lot, Posting
from membership.cards.models import Card
from membership.cards.services import POINTS, STORED
from membership.cashier.accounts import PREPAYMENT, SIGNED_BILL
from membership.packages.domain import PACKAGE_ACCOUNT
from membership.tills.domain import POSTING_LABELS
from portal.registers.base import ReadOnlyAdmin
from tenants.stores.models import Store

_ACCOUNT_KINDS: Final = {
    STORED: _("储值账户"), POINTS: _("积分账户"), PREPAYMENT: _("预存账户"), SIGNED_BILL: _("签单账户"),
    billing.PREPAID: _("商户预付账户"), billing.ARREARS: _("商户欠款账户"),
}  # fmt: skip
_POSTINGS: Final = {**POSTING_LABELS, **dict(billing.PostingKind.choices)}
# A code that a chain's books and the platform's both know means the same in both.
_CONTRAS: Final = {**dict(billing.Contra.choices), **dict(Contra.choices)}


def account_words(account: Account | None) -> str:
    """An account by its kind and number."""
    return "" if account is None else f"{account_kind_words(account.kind)} {account.pk}"


def account_kind_words(kind: str) -> str:
    """储值账户, 积分账户, 预存账户, 签单账户, 套餐账户."""
    return str(_("套餐账户") if kind.startswith(PACKAGE_ACCOUNT) else _ACCOUNT_KINDS.get(kind, kind))


def posting_words(posting: Posting) -> str:
    """A posting by what was done."""
    return str(_POSTINGS.get(posting.kind, posting.kind))


def amount_column(field: str, *, description: Any, of: str = "") -> Any:
    """A column of whole units: money where the unit is fen. ``of``: the path from the row to what has the unit."""

    @admin.display(description=description, ordering=field)
    def column(row: Any) -> str:
        amount, holder = getattr(row, field), row
        for name in filter(None, of.split(".")):
            holder = getattr(holder, name)
        if amount is None:
            return ""
        return Money(amount).format() if holder.unit == Unit.CNY else f"{amount:,}"

    return column


@admin.display(description=_("账户"))
def account_column(row: Any) -> str:
    """The account of an entry or a lot."""
    return account_words(row.account)


@admin.display(description=_("业务"))
def posting_column(row: Any) -> str:
    """The business of an entry, a lot or a draw."""
    return posting_words(row.posting)


@admin.display(description=_("账户类型"), ordering="kind")
def account_kind_column(account: Account) -> str:
    """储值账户, 积分账户."""
    return account_kind_words(account.kind)


@admin.display(description=_("业务"), ordering="kind")
def posting_kind_column(posting: Posting) -> str:
    """充值, 消费, 冲正."""
    return posting_words(posting)


@admin.display(description=_("冲销"), boolean=True)
def reverses_column(posting: Posting) -> bool:
    """Whether it undoes another."""
    return posting.reverses_id is not None


class AccountRegister(ReadOnlyAdmin):
    """账户."""

    list_display: Any = (
        "id", account_kind_column, "holder_id", "unit", amount_column("balance", description=_("余额")), "version"
    )  # fmt: skip
    fields: Any = (*list_display, "lotted", "allow_negative")
    list_filter = ("kind", "unit")
    search_fields = ("=holder_id",)


class PostingRegister(ReadOnlyAdmin):
    """记账."""

    list_display: Any = ("occurred_at", posting_kind_column, "actor", "store_id", reverses_column)
    fields: Any = (
        "id", posting_kind_column, "occurred_at", "created_at", "actor", "store_id", "idempotency_key", "reverses",
        "memo", "result",
    )  # fmt: skip
    list_filter = ("kind", "occurred_at")
    search_fields = ("=id", "=idempotency_key")
    ordering = ("-occurred_at", "-id")
    store_path = "store_id"


class ChainAccountRegister(AccountRegister):
    """账户, with the number of the card that holds it."""

    list_display = (
        "id", account_kind_column, "card_number", "unit", amount_column("balance", description=_("余额")), "version"
    )  # fmt: skip
    fields = (*list_display, "lotted", "allow_negative")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        card = Card.objects.filter(pk=OuterRef("holder_id")).values("number")[:1]
        rows: QuerySet[Any] = super().get_queryset(request).annotate(held_by=Subquery(card))
        return rows

    @admin.display(description=_("会员卡"))
    def card_number(self, account: Any) -> str:
        """The holder, by the number people know."""
        return str(account.held_by or "")


class ChainPostingRegister(PostingRegister):
    """记账, with the store by its name."""

    list_display = ("occurred_at", posting_kind_column, "actor", "store_name", reverses_column)
    fields = tuple("store_name" if name == "store_id" else name for name in PostingRegister.fields)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        store = Store.objects.filter(pk=OuterRef("store_id")).values("name")[:1]
        rows: QuerySet[Any] = super().get_queryset(request).annotate(at_store=Subquery(store))
        return rows

    @admin.display(description=_("门店"), ordering="store_id")
    def store_name(self, posting: Any) -> str:
        """Where it was done."""
        return str(posting.at_store or "")


class EntryRegister(ReadOnlyAdmin):
    """分录."""

    list_display: Any = (
        posting_column, "line_no", account_column, "other_side",
        amount_column("amount", description=_("金额")), amount_column("balance_after", description=_("之后余额")),
    )  # fmt: skip
    fields: Any = ("posting", *list_display, "unit", "version")
    list_select_related = ("posting", "account")
    search_fields = ("=posting__id", "=account__id")
    store_path = "posting__store_id"

    @admin.display(description=_("对方科目"), ordering="contra")
    def other_side(self, entry: Entry) -> str:
        """The contra account, in words."""
        return str(_CONTRAS.get(entry.contra or "", entry.contra or ""))


class LotRegister(ReadOnlyAdmin):
    """批次."""

    list_display: Any = (
        "opened_at", account_column, "kind", amount_column("original", description=_("原额"), of="account"),
        amount_column("remaining", description=_("剩余"), of="account"), "expires_at",
    )  # fmt: skip
    fields: Any = ("id", "posting", *list_display, "version")
    list_select_related = ("account",)
    list_filter = ("kind",)
    search_fields = ("=account__id",)
    store_path = "posting__store_id"


class DrawRegister(ReadOnlyAdmin):
    """批次变动."""

    list_display: Any = (
        posting_column, "lot_words", "version", amount_column("amount", description=_("数量"), of="lot.account"),
        amount_column("remaining_after", description=_("之后剩余"), of="lot.account"),
    )  # fmt: skip
    fields: Any = ("posting", "lot", *list_display, "line_no")
    list_select_related = ("lot__account", "posting")
    search_fields = ("=posting__id", "=lot__id")
    store_path = "posting__store_id"

    @admin.display(description=_("批次"))
    def lot_words(self, draw: Draw) -> str:
        """The lot by its account and kind."""
        lot: Lot = draw.lot
        return f"{account_words(lot.account)} · {lot.get_kind_display()}"
