"""The registrations that the law asks for."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.crypto import SealedField, decrypt
from kernel.crypto.indexing import INDEX_LENGTH
from kernel.crypto.sealing import SEALED_FORM
from membership.buyers.domain import LONGEST_NAME, BuyerRole, Deed
from membership.members.domain import DocumentKind

BUYER_NUMBER = "buyers.id_number"
"""The purpose under which these ID numbers are encrypted and indexed. It never changes."""


class BuyerRegistration(models.Model):
    """Who came for a purchase: the agent of a member, or the buyer of bearer cards (单用途商业预付卡管理办法 15).

    Written in the purchase's own transaction and never changed; deleted when the law no longer asks for it. The
    member herself is on her own record and not here.
    """

    role = models.CharField(_("身份"), max_length=8, choices=BuyerRole)
    deed = models.CharField(_("业务"), max_length=8, choices=Deed)
    card = models.ForeignKey("cards.Card", on_delete=models.PROTECT, related_name="buyers", verbose_name=_("会员卡"))
    # The top-up's record, and earlier ones of the same purchase: by value, records are cleared sooner.
    record_id = models.UUIDField(_("入账编号"), null=True, blank=True)
    covers = models.JSONField(_("同次购买的入账"), default=list, blank=True)
    # What was paid in all.
    amount_fen = models.BigIntegerField(_("金额（分）"), default=0)
    name = models.CharField(_("姓名"), max_length=LONGEST_NAME)
    phone = models.CharField(_("联系电话"), max_length=20)
    kind = models.CharField(_("证件类型"), max_length=16, choices=DocumentKind)
    number = SealedField(_("证件号码"), purpose=BUYER_NUMBER, index="number_index")
    number_index = models.CharField(_("号码索引"), max_length=INDEX_LENGTH)
    masked = models.CharField(_("证件号码（遮盖）"), max_length=40)
    store = models.ForeignKey("stores.Store", on_delete=models.PROTECT, verbose_name=_("门店"))
    seen_at = models.DateTimeField(_("核对时间"))
    seen_by = models.CharField(_("核对人"), max_length=80)
    # The actor as the books name it.
    actor = models.CharField(_("操作人"), max_length=40)
    kept_until = models.DateField(_("留存至"))

    class Meta:
        verbose_name = _("购卡登记")
        verbose_name_plural = _("购卡登记")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=BuyerRole.values, deed__in=Deed.values, kind__in=DocumentKind.values),
                name="buyer_words_known",
            ),
            # No number in clear ever gets into the table, whoever writes it.
            models.CheckConstraint(condition=models.Q(number__regex=SEALED_FORM), name="buyer_number_sealed"),
            models.CheckConstraint(
                condition=models.Q(amount_fen__gte=0) & (models.Q(deed="ISSUE") | models.Q(record_id__isnull=False)),
                name="buyer_of_something",
            ),
            models.UniqueConstraint(fields=["record_id"], name="buyer_once_a_top_up"),
        ]
        indexes = [
            models.Index(fields=["number_index"], name="buyer_by_number"),
            models.Index(fields=["kept_until"], name="buyer_to_forget"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}: {self.role} {self.masked}"

    def plain_number(self) -> str:
        """The number itself. Whoever shows it to anybody goes through ``services.reveal_buyer``, which writes it down.

        Raises:
            Undecryptable
        """
        return decrypt(self.number, purpose=BUYER_NUMBER)
