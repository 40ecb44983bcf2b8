"""Ranges of cards, where each of their cards lies, drawings, and what the chain has chosen."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from membership.stock.domain import CountCycle, PlaceState


class StockPolicy(models.Model):
    """What a chain has chosen for its blank cards: one row at most; without it, the defaults below."""

    ONLY: int = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    # A chain of one store has nobody to deliver to: there, cards are always released when they are made.
    release_when_made = models.BooleanField(_("制卡后直接可发"), default=False)
    # Working days between announcing a delivery and the first day its cards may be issued (R-F07).
    announce_days = models.PositiveSmallIntegerField(_("提前报备（工作日）"), default=3)
    count_cycle = models.CharField(_("盘点周期"), max_length=10, choices=CountCycle, default=CountCycle.MONTHLY)

    class Meta:
        verbose_name = _("库存设置")
        verbose_name_plural = _("库存设置")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="stock_policy_single"),
            models.CheckConstraint(condition=models.Q(count_cycle__in=CountCycle.values), name="stock_cycle_known"),
        ]

    def __str__(self) -> str:
        return f"{self.release_when_made} {self.announce_days} {self.count_cycle}"


class WorkDay(models.Model):
    """A day on which the chain works, or does not, whatever the built-in calendar says (R-F07)."""

    day = models.DateField(_("日期"), unique=True)
    worked = models.BooleanField(_("上班"))
    name = models.CharField(_("名称"), max_length=40, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("工作日安排")

    def __str__(self) -> str:
        return f"{self.day} {self.worked}"


class CardRange(models.Model):
    """Cards that were made together: consecutive outer numbers of one type and level (R-F03, R-F05)."""

    type = models.ForeignKey("cards.CardType", on_delete=models.PROTECT, related_name="+", verbose_name=_("卡类型"))
    level = models.ForeignKey("cards.CardLevel", on_delete=models.PROTECT, related_name="+", verbose_name=_("卡级别"))
    first = models.CharField(_("起始卡号"), max_length=32, unique=True)
    last = models.CharField(_("截止卡号"), max_length=32)
    quantity = models.PositiveIntegerField(_("数量"))
    # Internal codes of the first and the last card; empty until they are entered (R-F03, R-F04).
    first_code = models.CharField(_("起始内部编码"), max_length=32, blank=True)
    last_code = models.CharField(_("截止内部编码"), max_length=32, blank=True)
    # The making request it answers, by number; empty for cards made without one.
    request = models.CharField(_("制卡申请单号"), max_length=24, blank=True)
    made_at = models.DateTimeField(_("制卡时间"))
    made_by_name = models.CharField(_("制卡人"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("号段")
        verbose_name_plural = _("号段")
        constraints = [
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="card_range_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.first}–{self.last}"


class CardPlace(models.Model):
    """Where a card of a range lies. A card without one is under no stock control: it was there before, or was
    taken over with its holder.

    A narrow row of its own: a delivery moves a hundred thousand of them by one statement, and no till waits for it.
    """

    card = models.OneToOneField(
        "cards.Card", on_delete=models.PROTECT, primary_key=True, related_name="place", verbose_name=_("会员卡")
    )
    range = models.ForeignKey(
        CardRange, on_delete=models.PROTECT, related_name="places", db_index=False, verbose_name=_("号段")
    )
    # 1, 2, 3 … in the order of the numbers.
    position = models.PositiveIntegerField(_("段内次序"))
    state = models.CharField(_("位置"), max_length=10, choices=PlaceState)
    # Null in the central stock; also for cards that every store may issue.
    store = models.ForeignKey(
        "stores.Store", on_delete=models.PROTECT, null=True, blank=True, db_index=False, verbose_name=_("门店")
    )
    # From when the store may issue it.
    released_at = models.DateTimeField(_("可发时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("卡片位置")
        verbose_name_plural = _("卡片位置")
        constraints = [
            models.UniqueConstraint(fields=["range", "position"], name="card_place_once"),
            models.CheckConstraint(condition=models.Q(state__in=PlaceState.values), name="card_place_known"),
            models.CheckConstraint(
                condition=~models.Q(state="CENTRAL") | models.Q(store__isnull=True, released_at__isnull=True),
                name="card_place_central",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="TRANSIT") | models.Q(store__isnull=False), name="card_place_bound_for_store"
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["STORE", "DRAWN"]) | models.Q(released_at__isnull=False),
                name="card_place_released",
            ),
        ]
        indexes = [models.Index(fields=["store", "state", "range", "position"], name="card_place_by_store")]

    def __str__(self) -> str:
        return f"{self.range_id}/{self.position} {self.state}"


class Drawing(models.Model):
    """Cards drawn from a store's keeper, in the order of drawing, and those given back unused (R-F05, R-F08).
    Insert-only: it is a register.
    """

    store = models.ForeignKey("stores.Store", on_delete=models.PROTECT, verbose_name=_("门店"))
    level = models.ForeignKey("cards.CardLevel", on_delete=models.PROTECT, related_name="+", verbose_name=_("卡级别"))
    quantity = models.PositiveIntegerField(_("数量"))
    first = models.CharField(_("起始卡号"), max_length=32)
    last = models.CharField(_("截止卡号"), max_length=32)
    # Who drew them, or gives them back.
    drawn_by = models.CharField(_("领用人"), max_length=60)
    given_back = models.BooleanField(_("交回"), default=False, db_default=False)
    # Why not the lowest numbers; empty when they were.
    reason = models.CharField(_("跳号原因"), max_length=200, blank=True)
    actor = models.CharField(_("登记人"), max_length=40)
    actor_name = models.CharField(_("登记人姓名"), max_length=80, blank=True)
    at = models.DateTimeField(_("领用时间"))

    class Meta:
        verbose_name = _("领用登记")
        verbose_name_plural = _("领用登记")
        indexes = [models.Index(fields=["store", "-id"], name="drawing_by_store")]

    def __str__(self) -> str:
        return f"{self.first}–{self.last} {self.drawn_by}"
