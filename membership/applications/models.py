"""Applications for cards, the codes and links that go with them, and what of them is charged."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.crypto import SealedField, decrypt
from kernel.crypto.indexing import INDEX_LENGTH
from kernel.crypto.sealing import SEALED_FORM
from membership.applications.domain import (
    LONGEST_WAIT_DAYS,
    SHORTEST_WAIT_DAYS,
    WAITS_FOR_HER_DAYS,
    ApplicationState,
    Handing,
)
from membership.members.domain import DocumentKind
from membership.members.models import ID_NUMBER


class ApplicationPolicy(models.Model):
    """What a chain has chosen for applications: one row at most; without it, the defaults below.

    Which cards are offered stands on their types and levels (``CardType.offered_online``).
    """

    ONLY: int = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    delivery_offered = models.BooleanField(_("提供邮寄"), default=False)
    photo_required = models.BooleanField(_("须上传证件照片"), default=False)
    # Applications whose telephone was verified; more are turned away until the next day.
    per_day = models.PositiveSmallIntegerField(_("每天最多受理（份）"), default=200)
    # How long an application that has ended keeps what it says of a person.
    kept_days = models.PositiveSmallIntegerField(_("结束后保留个人资料（天）"), default=90)
    # How long a card that was granted, or sent, waits for its applicant before the desk may put it away.
    waits_days = models.PositiveSmallIntegerField(
        _("通过后未领可作废（天）"), default=WAITS_FOR_HER_DAYS, db_default=WAITS_FOR_HER_DAYS
    )

    class Meta:
        verbose_name = verbose_name_plural = _("网上办卡设置")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="application_policy_single"),
            models.CheckConstraint(
                condition=models.Q(per_day__gte=1, per_day__lte=10_000, kept_days__gte=1, kept_days__lte=365),
                name="application_policy_sound",
            ),
            models.CheckConstraint(
                condition=models.Q(waits_days__gte=SHORTEST_WAIT_DAYS, waits_days__lte=LONGEST_WAIT_DAYS),
                name="application_policy_waits",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.per_day} {self.kept_days}"


class ApplicationTerms(models.Model):
    """What applicants agree to, word for word. A new version is a new row; old ones stay as proof."""

    version = models.PositiveSmallIntegerField(_("文本版本"), unique=True)
    text = models.TextField(_("文本"))
    published_at = models.DateTimeField(_("发布时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("办卡须知")

    def __str__(self) -> str:
        return f"v{self.version}"


class Application(models.Model):
    """Somebody's wish for a card (R-A11), from the form to the card in her hand.

    The row outlives what it says of a person: name, telephone, document and address are blanked when their time is over
    (``forget_on``), the rest stays as the reason of a charge.
    """

    number = models.CharField(_("申请编号"), max_length=20, unique=True)
    state = models.CharField(_("状态"), max_length=10, choices=ApplicationState, default=ApplicationState.DRAFT)
    type = models.ForeignKey(
        "cards.CardType", on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name=_("卡类型")
    )
    level = models.ForeignKey(
        "cards.CardLevel", on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name=_("卡级别")
    )
    name = models.CharField(_("姓名"), max_length=60, blank=True)
    phone = models.CharField(_("手机号"), max_length=20, blank=True)
    email = models.EmailField(_("电子邮箱"), blank=True)
    document_kind = models.CharField(_("证件类型"), max_length=16, choices=DocumentKind)
    # Under the members' purpose: an applicant and a member with one document have one index.
    id_number = SealedField(_("证件号码"), purpose=ID_NUMBER, index="number_index", blank=True)
    number_index = models.CharField(_("号码索引"), max_length=INDEX_LENGTH, blank=True)
    masked = models.CharField(_("证件号码（遮盖）"), max_length=40, blank=True)
    photo = models.ForeignKey(
        "files.StoredFile",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("证件照片"),
    )
    handing = models.CharField(_("领卡方式"), max_length=8, choices=Handing)
    # Where she collects it; of one that is sent, the store that decided.
    store = models.ForeignKey(
        "stores.Store", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("门店")
    )
    address = models.CharField(_("地址"), max_length=200, blank=True)
    # The proof of her consent: the very words, when, and by whose telephone (``submitted_at``).
    terms = models.ForeignKey(
        ApplicationTerms, on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name=_("办卡须知")
    )
    agreed_at = models.DateTimeField(_("同意时间"))
    created_at = models.DateTimeField(_("填写时间"))
    # When she proved the telephone to be hers.
    submitted_at = models.DateTimeField(_("提交时间"), null=True, blank=True)
    decided_at = models.DateTimeField(_("审核时间"), null=True, blank=True)
    decided_by = models.CharField(_("审核人"), max_length=80, blank=True)
    reason = models.CharField(_("未通过原因"), max_length=100, blank=True)
    member = models.ForeignKey(
        "members.Member",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("会员"),
    )
    card = models.OneToOneField(
        "cards.Card", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("会员卡")
    )
    sent_at = models.DateTimeField(_("寄出时间"), null=True, blank=True)
    # Carrier and number of the parcel, as the applicant reads it.
    parcel = models.CharField(_("快递单号"), max_length=60, blank=True)
    collected_at = models.DateTimeField(_("领取时间"), null=True, blank=True)
    forget_on = models.DateField(_("个人资料保留至"), null=True, blank=True)
    forgotten_at = models.DateTimeField(_("个人资料删除时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("网上办卡申请")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=ApplicationState.values), name="application_state_known"
            ),
            models.CheckConstraint(condition=models.Q(handing__in=Handing.values), name="application_handing_known"),
            models.CheckConstraint(
                condition=models.Q(document_kind__in=DocumentKind.values), name="application_document_known"
            ),
            # No number in clear ever gets into the table, whoever writes it.
            models.CheckConstraint(
                condition=models.Q(id_number="", number_index="", forgotten_at__isnull=False)
                | models.Q(id_number__regex=SEALED_FORM, forgotten_at__isnull=True),
                name="application_number_sealed",
            ),
            models.CheckConstraint(
                condition=models.Q(state="DRAFT", submitted_at__isnull=True)
                | (~models.Q(state="DRAFT") & models.Q(submitted_at__isnull=False)),
                name="application_phone_verified",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["APPROVED", "SENT", "COLLECTED", "LAPSED"],
                    member__isnull=False,
                    card__isnull=False,
                    store__isnull=False,
                    decided_at__isnull=False,
                )
                | models.Q(state__in=["DRAFT", "SUBMITTED", "WITHDRAWN"], card__isnull=True, decided_at__isnull=True)
                | (models.Q(state="REJECTED", card__isnull=True, decided_at__isnull=False) & ~models.Q(reason="")),
                name="application_decision_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(handing="PICK_UP", store__isnull=False) | models.Q(handing="DELIVERY"),
                name="application_pick_up_somewhere",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["COLLECTED", "REJECTED", "WITHDRAWN", "LAPSED"], forget_on__isnull=False)
                | models.Q(state__in=["DRAFT", "SUBMITTED", "APPROVED", "SENT"], forget_on__isnull=True),
                name="application_forgotten_in_time",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-id"], name="application_by_state"),
            models.Index(fields=["number_index"], name="application_by_document"),
            models.Index(fields=["phone"], name="application_by_phone"),
            models.Index(fields=["member"], condition=models.Q(member__isnull=False), name="application_by_member"),
            # What a day took, and what the sweeper looks for.
            models.Index(fields=["submitted_at"], name="application_by_day"),
            models.Index(
                fields=["forget_on"],
                condition=models.Q(forget_on__isnull=False, forgotten_at__isnull=True),
                name="application_to_forget",
            ),
            models.Index(fields=["created_at"], condition=models.Q(state="DRAFT"), name="application_unverified"),
        ]

    def __str__(self) -> str:
        return self.number

    def plain_number(self) -> str:
        """The number of the document itself. Whoever shows it to anybody goes through ``services.reveal_number``.

        Raises:
            Undecryptable
        """
        return decrypt(self.id_number, purpose=ID_NUMBER)


class ApplicationCode(models.Model):
    """The code that was last sent for an application, and how often that was done.

    A row of its own: a try holds it, and no clerk who decides on the application waits for that.
    """

    application = models.OneToOneField(
        Application, on_delete=models.CASCADE, primary_key=True, related_name="code", verbose_name=_("申请")
    )
    # HMAC of application, telephone and code; empty once it has been used.
    digest = models.CharField(_("验证码散列"), max_length=64, blank=True)
    tries = models.PositiveSmallIntegerField(_("错误次数"), default=0)
    expires_at = models.DateTimeField(_("有效期至"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("申请验证码")

    def __str__(self) -> str:
        return f"{self.application_id}: {self.tries}"


class CodeSent(models.Model):
    """That a code went to a telephone: what limits how many do. Deleted after two days."""

    # Whose telephone it is, nobody reads here: HMAC of the number.
    phone_digest = models.CharField(_("手机号散列"), max_length=64)
    at = models.DateTimeField(_("发送时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("已发验证码")
        indexes = [
            models.Index(fields=["phone_digest", "at"], name="code_sent_to"),
            models.Index(fields=["at"], name="code_sent_at"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class CodeAsk(models.Model):
    """Somebody asked for a code to follow an application: written for whatever was typed, answered by a worker."""

    number = models.CharField(_("申请编号"), max_length=20)
    phone = models.CharField(_("手机号"), max_length=20)
    asked_at = models.DateTimeField(_("申请时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("进度验证码申请")

    def __str__(self) -> str:
        return str(self.pk)


class PinLink(models.Model):
    """The one link by which the new member sets her card's PIN: the latest, usable once, until it expires."""

    application = models.OneToOneField(
        Application, on_delete=models.CASCADE, primary_key=True, related_name="pin_link", verbose_name=_("申请")
    )
    # SHA-256 of what stands in the link: the link itself is nowhere.
    digest = models.CharField(_("链接散列"), max_length=64, unique=True)
    # Only in place of this PIN: one that was set meanwhile is not undone.
    pin_version = models.PositiveIntegerField(_("密码版本"))
    made_at = models.DateTimeField(_("生成时间"))
    expires_at = models.DateTimeField(_("有效期至"))
    used_at = models.DateTimeField(_("使用时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("密码链接")

    def __str__(self) -> str:
        return f"{self.application_id}: {self.expires_at:%Y-%m-%d %H:%M}"


class GrantedCard(models.Model):
    """A card that somebody got by applying: what the platform charges the chain for (R-A13), one row for each, ever.

    Insert-only, like the books: the count of a period can be repeated, and never becomes less.
    """

    application = models.OneToOneField(
        Application, on_delete=models.PROTECT, related_name="granted", verbose_name=_("申请")
    )
    card = models.OneToOneField("cards.Card", on_delete=models.PROTECT, related_name="+", verbose_name=_("会员卡"))
    # The application's number, by value: what the statement lists.
    number = models.CharField(_("申请编号"), max_length=20)
    actor = models.CharField(_("审核人"), max_length=40)
    at = models.DateTimeField(_("通过时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("申办成功的卡")
        indexes = [models.Index(fields=["at"], name="granted_card_at")]

    def __str__(self) -> str:
        return self.number
