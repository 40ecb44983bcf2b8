"""Registers of what a chain does beside posting: documents, card stock, bills, packages, rules, imports, receipts.

What a document or an import holds is left out: it may tell of persons, and its own page shows it to whoever may see.
"""

from typing import Any, Final

from django.contrib import admin
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from membership.cashier.models import BonusRule, GoodsReturn, PointsRule, Settlement, SignedBill
from membership.documents.kinds import kind_of
from membership.documents.models import Document, DocumentStep
from membership.expiry.models import ClearingNotice, DailyRun, DormantCard, ExpiryPolicy, ValidityNotice
from membership.imports.models import Import
from membership.packages.models import PackageDraw, PackageProduct, PackageSale
from membership.stock.models import CardPlace, CardRange, Drawing
from membership.syncing.models import MemberBatch
from membership.takeover.models import Takeover
from membership.tills.models import ReceiptPrint, ShiftClose
from portal.registers.base import ReadOnlyAdmin, yuan_column


@admin.display(description=_("单据类别"), ordering="kind")
def document_kind_column(document: Document) -> str:
    """空白卡调拨, 卡级别调整单."""
    return str(kind_of(document.kind).label)


def _register(
    columns: tuple[Any, ...], *, store: str | None = None, related: tuple[str, ...] = (), search: tuple[str, ...] = ()
) -> type[ReadOnlyAdmin]:
    """A register that shows these columns and no others, in its list and on a row's own page."""
    shown: dict[str, Any] = {
        "list_display": columns,
        "fields": columns,
        "list_select_related": related or False,
        "search_fields": search,
        "store_path": store,
        "ordering": ("-pk",),
    }
    return type("Register", (ReadOnlyAdmin,), shown)


BUSINESS: Final[tuple[tuple[type[Model], type[ReadOnlyAdmin]], ...]] = (
    (Document, _register(
        ("number", document_kind_column, "state", "store", "author_name", "created_at", "changed_at"),
        store="store", related=("store",), search=("number__exact",),
    )),
    (DocumentStep, _register(
        ("document", "version", "step", "approval", "from_state", "to_state", "actor_name", "at", "note"),
        store="document__store", related=("document",), search=("document__number__exact",),
    )),
    (CardRange, _register(
        ("first", "last", "quantity", "type", "level", "request", "made_at", "made_by_name"),
        related=("type", "level"), search=("first__exact",),
    )),
    (CardPlace, _register(
        ("card", "range", "state", "store", "released_at"),
        store="store", related=("card", "range", "store"), search=("card__number__exact",),
    )),
    (Drawing, _register(
        ("at", "store", "level", "quantity", "first", "last", "drawn_by", "reason", "actor_name"),
        store="store", related=("store", "level"),
    )),
    (SignedBill, _register(
        ("number", "card", "store", yuan_column("amount_fen", description=_("签单金额")),
         yuan_column("settled_fen", description=_("已结")), yuan_column("relieved_fen", description=_("已冲减")),
         "due_on", "signed_at", "signed_by", "open"),
        store="store", related=("card", "store"), search=("number__exact",),
    )),
    (Settlement, _register(
        ("bill", yuan_column("amount_fen", description=_("结算金额")), "store", "settled_at", "actor_name"),
        store="store", related=("bill", "store"),
    )),
    (GoodsReturn, _register(
        ("id", "consumption", yuan_column("amount_fen", description=_("退货金额")),
         yuan_column("fee_fen", description=_("手续费")), "points", "points_short"),
    )),
    (PackageProduct, _register(
        ("name", "unit", "quantity", yuan_column("price_fen", description=_("售价")), "validity_months", "enabled"),
    )),
    (PackageSale, _register(
        ("sold_at", "product", "card", "quantity", yuan_column("price_fen", description=_("售价"))),
        related=("product", "card"), search=("card__number__exact",),
    )),
    (PackageDraw, _register(
        ("posting_id", "sale", "count", yuan_column("amount_fen", description=_("金额"))), related=("sale",),
    )),
    (BonusRule, _register(
        ("name", yuan_column("min_paid_fen", description=_("充值满")), "kind", "value", "level", "store", "starts_on",
         "ends_on", "validity_months", "enabled"),
        related=("level", "store"),
    )),
    (PointsRule, _register(
        ("name", yuan_column("fen_per_point", description=_("每积分消费")), "level", "starts_on", "ends_on", "enabled"),
        related=("level",),
    )),
    (ExpiryPolicy, _register(
        ("points_policy", "points_months", "points_notice_days", "dormant_months", "dormancy_notice_days",
         "validity_notice_days"),
    )),
    (DailyRun, _register(("day", "started_at", "finished_at"))),
    (ClearingNotice, _register(
        ("card", "points", "noticed_on", "clears_on", "channel", "state", "ended_at"),
        store="card__store", related=("card",), search=("card__number__exact",),
    )),
    (ValidityNotice, _register(
        ("card", "ends_on", "noticed_on", "channel", "told_at"),
        store="card__store", related=("card",), search=("card__number__exact",),
    )),
    (DormantCard, _register(
        ("card", "document", "last_used_at", yuan_column("balance_fen", description=_("余额")), "points", "channel",
         "state", "freezes_on", "changed_at"),
        store="card__store", related=("card", "document"), search=("card__number__exact",),
    )),
    (Import, _register(
        ("kind", "state", "store", "rows", "good", "bad", "taken", "actor_name", "confirmed_name", "created_at",
         "finished_at"),
        store="store", related=("store",),
    )),
    (MemberBatch, _register(
        ("at", "actor", "store", "created", "updated", "unchanged", "refused", "calls", "idempotency_key"),
        store="store", related=("store",), search=("idempotency_key__exact",),
    )),
    (Takeover, _register(
        ("state", "store", "actor_name", "first_name", "first_at", "second_name", "second_at", "undone_name",
         "created_at", "finished_at"),
        store="store", related=("store",),
    )),
    (ReceiptPrint, _register(
        ("record_id", "copy_no", "width", "store", "actor_name", "printed_at"),
        store="store", related=("store",), search=("=record_id",),
    )),
    (ShiftClose, _register(
        ("day", "store", "actor_name", yuan_column("expected_fen", description=_("账面现金")),
         yuan_column("counted_fen", description=_("实点现金")), yuan_column("difference_fen", description=_("差额")),
         "note", "closed_at"),
        store="store", related=("store",),
    )),
)  # fmt: skip
"""Each table and how it is shown; none may be written to."""
