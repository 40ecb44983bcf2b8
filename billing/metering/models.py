"""Counts, in the public schema."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.chains.models import Chain


class UsageCount(models.Model):
    """How many calls a chain made in one hour, by one meter: an absolute count, raised by the next counting.

    Recounted, never added up: a row that was committed late, or a counting that was killed, is right the next time.
    """

    chain = models.ForeignKey(
        Chain, on_delete=models.PROTECT, db_index=False, related_name="usage_counts", verbose_name=_("商户")
    )
    meter = models.CharField(_("计量项"), max_length=20)
    hour = models.DateTimeField(_("小时"))
    quantity = models.PositiveBigIntegerField(_("次数"))
    counted_at = models.DateTimeField(_("统计时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("用量")
        constraints = [models.UniqueConstraint(fields=["chain", "meter", "hour"], name="usage_count_once")]

    def __str__(self) -> str:
        return f"{self.chain_id} {self.meter} {self.hour:%Y-%m-%d %H}"
