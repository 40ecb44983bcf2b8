"""What a chain has chosen for its cashiers."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.domain import DrawPolicy

DRAW_POLICY_CHOICES = [
    (DrawPolicy.EARLIEST_EXPIRY.value, _("先到期先用")),
    (DrawPolicy.BONUS_FIRST.value, _("先用赠送金额")),
    (DrawPolicy.PRO_RATA.value, _("本金与赠送按比例")),
]


class ChainPolicy(models.Model):
    """The chain's settings: exactly one row, made with its schema."""

    ONLY: int = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    draw_policy = models.CharField(
        _("扣款顺序"), max_length=20, choices=DRAW_POLICY_CHOICES, default=DrawPolicy.EARLIEST_EXPIRY.value
    )
    # How long what is given with a top-up may be used; null is for ever. What is paid never expires.
    bonus_validity_months = models.PositiveSmallIntegerField(
        _("赠送金额有效期（月）"), null=True, blank=True, default=12
    )

    class Meta:
        verbose_name = _("商户设置")
        verbose_name_plural = _("商户设置")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="chain_policy_single"),
            models.CheckConstraint(
                condition=models.Q(draw_policy__in=[policy.value for policy in DrawPolicy]),
                name="chain_policy_draw_known",
            ),
        ]

    def __str__(self) -> str:
        return self.draw_policy
