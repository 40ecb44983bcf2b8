"""What a chain has chosen for its members' portal."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Branding(models.Model):
    """The chain's look: one row at most, made when something is chosen. Shown while the module is on."""

    ONLY: int = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    # ``#rrggbb``; empty: the house's own.
    colour = models.CharField(_("主色"), max_length=7, blank=True)
    # Empty: the faces of the levels.
    card_colour = models.CharField(_("卡面颜色"), max_length=7, blank=True)
    logo = models.ForeignKey(
        "files.StoredFile", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("标志")
    )
    logo_side = models.PositiveSmallIntegerField(_("标志边长（像素）"), null=True, blank=True)
    # Grows with every change: addresses carry it, so that what browsers keep never needs asking for again.
    version = models.PositiveIntegerField(_("版本号"), default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("门户品牌")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="branding_single")]

    def __str__(self) -> str:
        return self.colour or "—"
