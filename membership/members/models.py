"""Members."""

from django.db import models
from django.db.models.functions import Right
from django.utils.translation import gettext_lazy as _


class Member(models.Model):
    """A customer who holds cards. Not a user of the software: she logs in with a card."""

    code = models.CharField(_("会员编号"), max_length=20, unique=True)
    name = models.CharField(_("姓名"), max_length=60)
    # Not unique: a family may share a telephone.
    phone = models.CharField(_("手机号"), max_length=20, db_index=True)
    # What people at a desk ask for: 手机尾号.
    phone_tail = models.GeneratedField(
        expression=Right("phone", 4),
        output_field=models.CharField(max_length=4),
        db_persist=True,
        verbose_name=_("手机尾号"),
    )
    birthday = models.DateField(_("生日"), null=True, blank=True)
    store = models.ForeignKey("stores.Store", on_delete=models.PROTECT, verbose_name=_("建档门店"))
    created_at = models.DateTimeField(_("建档时间"))

    class Meta:
        verbose_name = _("会员")
        verbose_name_plural = _("会员")
        indexes = [
            models.Index(fields=["name"], opclasses=["varchar_pattern_ops"], name="member_by_name"),
            models.Index(fields=["phone_tail"], name="member_by_phone_tail"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
