"""Stores."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Store(models.Model):
    """A place where cards are issued and used. Closed, never deleted: documents name it."""

    code = models.CharField(_("门店编码"), max_length=20, unique=True)
    name = models.CharField(_("门店名称"), max_length=80)
    opened_on = models.DateField(_("开业日期"))
    closed_on = models.DateField(_("停业日期"), null=True, blank=True)

    class Meta:
        verbose_name = _("门店")
        verbose_name_plural = _("门店")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closed_on__isnull=True) | models.Q(closed_on__gte=models.F("opened_on")),
                name="store_closed_after_opened",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
