"""Members' devices: where a card's PIN was proved, what that opened, the code shown for the card, and passkeys."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from membership.devices.domain import Ending, Way


class CardSession(models.Model):
    """A browser in which somebody proved to be a card's holder.

    The browser's own session names this row and is worth nothing without it: ending the row ends the session, wherever
    the browser is. Kept for a month, so that a member sees who has been in.
    """

    card = models.ForeignKey("cards.Card", on_delete=models.CASCADE, related_name="sessions", verbose_name=_("会员卡"))
    # The PIN under which it was opened; with that PIN it ends.
    pin_version = models.PositiveIntegerField(_("密码版本"))
    way = models.CharField(_("登录方式"), max_length=8, choices=Way)
    # Kind of browser and system, and a part of the address: see ``domain``.
    device = models.CharField(_("设备"), max_length=40)
    place = models.CharField(_("网络"), max_length=45, blank=True)
    opened_at = models.DateTimeField(_("登录时间"))
    # To the minute.
    seen_at = models.DateTimeField(_("最近使用"))
    ended_at = models.DateTimeField(_("结束时间"), null=True, blank=True)
    ended_how = models.CharField(_("结束方式"), max_length=8, choices=Ending, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("会员登录")
        constraints = [
            models.CheckConstraint(condition=models.Q(way__in=Way.values), name="card_session_way_known"),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True, ended_how="")
                | models.Q(ended_at__isnull=False, ended_how__in=Ending.values),
                name="card_session_end_whole",
            ),
        ]
        indexes = [models.Index(fields=["card", "-opened_at"], name="card_session_by_card")]

    def __str__(self) -> str:
        return f"{self.card_id}: {self.opened_at:%Y-%m-%d %H:%M}"


class CardCode(models.Model):
    """What makes a card's changing code: a handle in place of its number, and the last step that was accepted.

    No secret is kept: it is derived from the settings' keys, the card and its PIN's version (``services.codes``).
    """

    card = models.OneToOneField(
        "cards.Card", on_delete=models.CASCADE, primary_key=True, related_name="code", verbose_name=_("会员卡")
    )
    handle = models.CharField(_("代号"), max_length=12, unique=True)
    last_step = models.BigIntegerField(_("最近一次的时段"), default=0)
    last_at = models.DateTimeField(_("最近一次出示"), null=True, blank=True)
    last_by = models.CharField(_("最近一次扫码人"), max_length=40, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("会员码")

    def __str__(self) -> str:
        return self.handle


class Passkey(models.Model):
    """A passkey (WebAuthn) that was made under a card's PIN: it opens what that PIN opens on the web, and ends with it.

    What is kept is a public key: whoever has the database alone gets in nowhere.
    """

    card = models.ForeignKey("cards.Card", on_delete=models.CASCADE, related_name="passkeys", verbose_name=_("会员卡"))
    pin_version = models.PositiveIntegerField(_("密码版本"))
    credential_id = models.BinaryField(_("凭据编号"), unique=True)
    user_handle = models.BinaryField(_("用户代号"))
    # Attested credential data: the credential's id once more, and its public key.
    public_key = models.BinaryField(_("公钥"))
    sign_count = models.BigIntegerField(_("签名计数"), default=0)
    # The last challenge that was signed (SHA-256, hex): an answer that comes twice opens nothing.
    last_challenge = models.CharField(_("最近一次的质询"), max_length=64, blank=True)
    # Where it was made: see ``domain``.
    device = models.CharField(_("设备"), max_length=40)
    made_at = models.DateTimeField(_("创建时间"))
    used_at = models.DateTimeField(_("最近使用"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("通行密钥")

    def __str__(self) -> str:
        return f"{self.card_id}: {self.made_at:%Y-%m-%d}"
