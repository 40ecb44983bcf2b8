"""What owners were told, in the public schema."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.forecasts.domain import Level
from tenants.chains.models import Chain


class Warned(models.Model):
    """At which level a chain stands, as its owner was told; lowered in silence when the account recovers."""

    chain = models.OneToOneField(
        Chain, on_delete=models.PROTECT, primary_key=True, related_name="warned", verbose_name=_("商户")
    )
    level = models.PositiveSmallIntegerField(_("提醒级别"), choices=Level)
    since = models.DateTimeField(_("提醒时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("余额提醒")
        constraints = [models.CheckConstraint(condition=Q(level__lte=5), name="warned_level_known")]

    def __str__(self) -> str:
        return f"{self.chain_id} {self.level}"


class ToldOfModule(models.Model):
    """That a chain's owner was told that what he had for nothing is to be subscribed to. Insert-only: told once."""

    chain = models.ForeignKey(
        Chain, on_delete=models.PROTECT, db_index=False, related_name="told_of_modules", verbose_name=_("商户")
    )
    module = models.PositiveSmallIntegerField(_("模块"))
    # Told when it began, and again a week before it ends.
    last = models.BooleanField(_("最后提醒"))
    told_at = models.DateTimeField(_("告知时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("模块告知")
        constraints = [models.UniqueConstraint(fields=["chain", "module", "last"], name="told_of_module_once")]

    def __str__(self) -> str:
        return f"{self.chain_id} {self.module}{'!' if self.last else ''}"


class ToldOfPrices(models.Model):
    """That a chain's owner was told of a price book before it began. Insert-only: told once."""

    chain = models.ForeignKey(
        Chain, on_delete=models.PROTECT, db_index=False, related_name="told_of_prices", verbose_name=_("商户")
    )
    # By value: a book is another app's.
    version = models.CharField(_("价目版本"), max_length=40)
    told_at = models.DateTimeField(_("告知时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("价目告知")
        constraints = [models.UniqueConstraint(fields=["chain", "version"], name="told_of_prices_once")]

    def __str__(self) -> str:
        return f"{self.chain_id} {self.version}"
