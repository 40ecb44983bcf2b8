"""Products of counts or minutes, and their sales."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from membership.packages.domain import PackageUnit


class PackageProduct(models.Model):
    """What a chain sells ahead: ten washes, five hundred minutes (R-P24, X-29). Sold no more, it stays usable."""

    name = models.CharField(_("套餐名称"), max_length=60, unique=True)
    unit = models.CharField(_("计量"), max_length=3, choices=PackageUnit)
    quantity = models.PositiveIntegerField(_("数量"))
    price_fen = models.BigIntegerField(_("售价（分）"))
    validity_months = models.PositiveSmallIntegerField(_("有效期（月）"))
    enabled = models.BooleanField(_("在售"), default=True)

    class Meta:
        verbose_name = _("套餐")
        verbose_name_plural = _("套餐")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0, price_fen__gt=0, validity_months__gt=0), name="package_positive"
            ),
            models.CheckConstraint(condition=models.Q(unit__in=PackageUnit.values), name="package_unit_known"),
        ]

    def __str__(self) -> str:
        return self.name


class PackageSale(models.Model):
    """A package on a card: what was paid for it. How much is left is in the ledger. Insert-only."""

    # The posting's own id, which is its record's too.
    id = models.UUIDField(primary_key=True)
    product = models.ForeignKey(PackageProduct, on_delete=models.PROTECT, verbose_name=_("套餐"))
    card = models.ForeignKey("cards.Card", on_delete=models.PROTECT, related_name="+", verbose_name=_("会员卡"))
    quantity = models.PositiveIntegerField(_("数量"))
    price_fen = models.BigIntegerField(_("售价（分）"))
    sold_at = models.DateTimeField(_("售出时间"))

    class Meta:
        verbose_name = _("套餐销售")
        verbose_name_plural = _("套餐销售")
        indexes = [models.Index(fields=["card", "product"], name="package_sale_by_card")]

    def __str__(self) -> str:
        return f"{self.product_id} {self.card_id}"


class PackageDraw(models.Model):
    """What a posting took off a sale: counts or minutes that were used, ended or undone with the sale, and the part of
    its price that is owed no more. Less than nothing: a use was undone. Insert-only.
    """

    sale = models.ForeignKey(PackageSale, on_delete=models.PROTECT, related_name="draws", verbose_name=_("套餐销售"))
    posting_id = models.UUIDField(_("记账编号"))
    count = models.IntegerField(_("数量"))
    amount_fen = models.BigIntegerField(_("金额（分）"))

    class Meta:
        verbose_name = _("套餐消耗")
        verbose_name_plural = _("套餐消耗")
        constraints = [models.UniqueConstraint(fields=["posting_id", "sale"], name="package_draw_once")]

    def __str__(self) -> str:
        return f"{self.sale_id} {self.count}"
