"""Members: who they are, what proves it, what they agreed to."""

from django.db import models
from django.db.models.functions import Right
from django.utils.translation import gettext_lazy as _

from kernel.crypto import SealedField, decrypt
from kernel.crypto.indexing import INDEX_LENGTH
from kernel.crypto.sealing import SEALED_FORM
from membership.members.domain import (
    Category,
    ConsentChannel,
    ConsentPurpose,
    ConsentSource,
    DocumentKind,
    LunarBirthday,
    TagColour,
)
from tenants.people.domain import Actor

ID_NUMBER = "members.id_number"
"""The purpose under which ID numbers are encrypted and indexed. It never changes."""

RETAINED_IDENTITY = "members.retained_identity"
"""The purpose under which an erased person's identity is kept as long as the law asks for it."""


class Member(models.Model):
    """A customer who holds cards. Not a user of the software: she logs in with a card.

    A member who was merged into another stays as a row: her code leads to the other for ever.
    """

    code = models.CharField(_("会员编号"), max_length=20, unique=True)
    name = models.CharField(_("姓名"), max_length=60)
    # Not unique: a family may share a telephone.
    phone = models.CharField(_("手机号"), max_length=20, db_index=True)
    # When she proved that it is hers, by a code that was sent to it; forgotten when the number is changed.
    phone_verified_at = models.DateTimeField(_("手机号验证时间"), null=True, blank=True)
    # When the filed number last became another one; for a while such a number renews no PIN (``PHONE_SETTLES``).
    phone_changed_at = models.DateTimeField(_("手机号更改时间"), null=True, blank=True)
    # What people at a desk ask for: 手机尾号.
    phone_tail = models.GeneratedField(
        expression=Right("phone", 4),
        output_field=models.CharField(max_length=4),
        db_persist=True,
        verbose_name=_("手机尾号"),
    )
    category = models.CharField(
        _("客户类别"), max_length=10, choices=Category, default=Category.RETAINED, db_default=Category.RETAINED.value
    )
    landline = models.CharField(_("固定电话"), max_length=24, blank=True, default="", db_default="")
    email = models.EmailField(_("电子邮箱"), blank=True, default="", db_default="")
    address = models.CharField(_("地址"), max_length=200, blank=True, default="", db_default="")
    birthday = models.DateField(_("生日"), null=True, blank=True)
    lunar_month = models.PositiveSmallIntegerField(_("农历生日月"), null=True, blank=True)
    lunar_day = models.PositiveSmallIntegerField(_("农历生日日"), null=True, blank=True)
    lunar_leap = models.BooleanField(_("农历闰月"), default=False, db_default=False)
    lunar_year = models.PositiveSmallIntegerField(_("农历生日年"), null=True, blank=True)
    store = models.ForeignKey("stores.Store", on_delete=models.PROTECT, verbose_name=_("建档门店"))
    created_at = models.DateTimeField(_("建档时间"))
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged", verbose_name=_("并入")
    )
    merged_at = models.DateTimeField(_("合并时间"), null=True, blank=True)
    erased_at = models.DateTimeField(_("个人信息删除时间"), null=True, blank=True)
    # Who an erased member was, encrypted and unsearchable, until the law no longer asks for it.
    retained_identity = SealedField(
        _("依法留存"), purpose=RETAINED_IDENTITY, blank=True, default="", db_default="", editable=False
    )
    retained_until = models.DateField(_("依法留存至"), null=True, blank=True)

    class Meta:
        verbose_name = _("会员")
        verbose_name_plural = _("会员")
        constraints = [
            models.CheckConstraint(condition=models.Q(category__in=Category.values), name="member_category_known"),
            models.CheckConstraint(
                condition=models.Q(lunar_month__isnull=True, lunar_day__isnull=True, lunar_year__isnull=True)
                | models.Q(lunar_month__gte=1, lunar_month__lte=12, lunar_day__gte=1, lunar_day__lte=30),
                name="member_lunar_birthday_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True) | ~models.Q(merged_into=models.F("id")),
                name="member_not_merged_into_herself",
            ),
        ]
        indexes = [
            models.Index(fields=["name"], opclasses=["varchar_pattern_ops"], name="member_by_name"),
            models.Index(fields=["phone_tail"], name="member_by_phone_tail"),
            # What is due to be forgotten; nearly always empty.
            models.Index(
                fields=["retained_until"], condition=models.Q(retained_until__isnull=False), name="member_to_forget"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def lunar_birthday(self) -> LunarBirthday | None:
        """Her birthday in the Chinese calendar, if it is known."""
        if self.lunar_month is None or self.lunar_day is None:
            return None
        return LunarBirthday(month=self.lunar_month, day=self.lunar_day, leap=self.lunar_leap, year=self.lunar_year)

    def as_actor(self) -> Actor:
        """She herself, for the trail of what she does in the portal."""
        return Actor(kind="member", id=self.pk, name=self.name)


class IdDocument(models.Model):
    """An ID document that was shown at the desk, or whose number came with a file (R-H01). One of each kind a member.

    The number is encrypted; ``number_index`` finds it, ``masked`` is what pages show. Two members with one document
    are duplicates of one person: found, not forbidden, so that a desk can go on and merge them later.
    """

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="documents", verbose_name=_("会员"))
    kind = models.CharField(_("证件类型"), max_length=16, choices=DocumentKind)
    number = SealedField(_("证件号码"), purpose=ID_NUMBER, index="number_index")
    number_index = models.CharField(_("号码索引"), max_length=INDEX_LENGTH)
    masked = models.CharField(_("证件号码（遮盖）"), max_length=40)
    # Who saw it, and when: the proof that the person was identified. Where nobody has (``original_seen``), who brought
    # the number, and when.
    seen_at = models.DateTimeField(_("核对时间"))
    seen_by = models.CharField(_("核对人"), max_length=80)
    original_seen = models.BooleanField(_("已核对原件"), default=True, db_default=True)

    class Meta:
        verbose_name = _("身份证件")
        verbose_name_plural = _("身份证件")
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=DocumentKind.values), name="id_document_kind_known"),
            # No number in clear ever gets into the table, whoever writes it.
            models.CheckConstraint(condition=models.Q(number__regex=SEALED_FORM), name="id_document_number_sealed"),
            models.UniqueConstraint(fields=["member", "kind"], name="id_document_one_of_a_kind"),
        ]
        indexes = [models.Index(fields=["number_index"], name="id_document_by_number")]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.kind} {self.masked}"

    def plain_number(self) -> str:
        """The number itself. Whoever shows it to anybody goes through ``services.reveal_number``, which writes it down.

        Raises:
            Undecryptable
        """
        return decrypt(self.number, purpose=ID_NUMBER)


class IdCheckCount(models.Model):
    """ID numbers typed at the desk that did not match a member's. They slow further tries for this member.

    A row of its own, locked while a number is compared: tries at one member go one at a time.
    """

    member = models.OneToOneField(
        Member, on_delete=models.CASCADE, primary_key=True, related_name="id_checks", verbose_name=_("会员")
    )
    failures = models.PositiveIntegerField(_("连续不符次数"), default=0)
    blocked_until = models.DateTimeField(_("暂停核对至"), null=True, blank=True)

    class Meta:
        verbose_name = _("证件核对限制")
        verbose_name_plural = _("证件核对限制")

    def __str__(self) -> str:
        return f"{self.member_id}: {self.failures}"


class ConsentWording(models.Model):
    """What a member is asked to agree to, word for word. A new version is a new row; old ones stay as proof."""

    purpose = models.CharField(_("目的"), max_length=10, choices=ConsentPurpose)
    version = models.PositiveSmallIntegerField(_("文本版本"))
    text = models.TextField(_("文本"))
    published_at = models.DateTimeField(_("发布时间"))

    class Meta:
        verbose_name = _("同意书文本")
        verbose_name_plural = _("同意书文本")
        constraints = [
            models.CheckConstraint(condition=models.Q(purpose__in=ConsentPurpose.values), name="wording_purpose_known"),
            models.UniqueConstraint(fields=["purpose", "version"], name="wording_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} v{self.version}"


class Consent(models.Model):
    """That a member agreed to something, and how that is proved (PIPL 13–15).

    No row means no consent: nothing is ever taken for given. Withdrawal fills the row's end and takes effect at once;
    the row stays as proof of what was so in between.
    """

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="consents", verbose_name=_("会员"))
    wording = models.ForeignKey(ConsentWording, on_delete=models.PROTECT, verbose_name=_("同意书文本"))
    # Repeated from the wording, so that one of a purpose can be in force and be looked for.
    purpose = models.CharField(_("目的"), max_length=10, choices=ConsentPurpose)
    channel = models.CharField(_("渠道"), max_length=10, choices=ConsentChannel)
    given_at = models.DateTimeField(_("同意时间"))
    given_how = models.CharField(_("同意方式"), max_length=12, choices=ConsentSource)
    # The number of the signed form, of the recording …: where the proof itself is found.
    proof = models.CharField(_("凭据"), max_length=80, blank=True, default="")
    given_to = models.CharField(_("经办人"), max_length=80)
    withdrawn_at = models.DateTimeField(_("撤回时间"), null=True, blank=True)
    withdrawn_how = models.CharField(_("撤回方式"), max_length=12, choices=ConsentSource, blank=True, default="")
    withdrawn_to = models.CharField(_("撤回经办人"), max_length=80, blank=True, default="")

    class Meta:
        verbose_name = _("同意")
        verbose_name_plural = _("同意")
        constraints = [
            models.CheckConstraint(condition=models.Q(purpose__in=ConsentPurpose.values), name="consent_purpose_known"),
            models.CheckConstraint(condition=models.Q(channel__in=ConsentChannel.values), name="consent_channel_known"),
            models.CheckConstraint(condition=models.Q(given_how__in=ConsentSource.values), name="consent_source_known"),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at__isnull=True, withdrawn_how="")
                | models.Q(withdrawn_at__gte=models.F("given_at"), withdrawn_how__in=ConsentSource.values),
                name="consent_withdrawal_whole",
            ),
            models.UniqueConstraint(
                fields=["member", "purpose", "channel"],
                condition=models.Q(withdrawn_at__isnull=True),
                name="consent_in_force_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.purpose} {self.channel}"


class Tag(models.Model):
    """A word a chain puts on its members: VIP, 车队, 投诉中 … Retired, never deleted."""

    name = models.CharField(_("标签"), max_length=20, unique=True)
    colour = models.CharField(_("颜色"), max_length=6, choices=TagColour, default=TagColour.PLAIN)
    retired = models.BooleanField(_("已停用"), default=False)

    class Meta:
        verbose_name = _("标签")
        verbose_name_plural = _("标签")
        constraints = [models.CheckConstraint(condition=models.Q(colour__in=TagColour.values), name="tag_colour_known")]

    def __str__(self) -> str:
        return self.name


class MemberTag(models.Model):
    """A tag on a member."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="member_tags", verbose_name=_("会员"))
    tag = models.ForeignKey(Tag, on_delete=models.PROTECT, related_name="uses", verbose_name=_("标签"))
    added_at = models.DateTimeField(_("添加时间"))
    added_by = models.CharField(_("添加人"), max_length=80)

    class Meta:
        verbose_name = _("会员标签")
        verbose_name_plural = _("会员标签")
        constraints = [models.UniqueConstraint(fields=["member", "tag"], name="member_tag_once")]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.tag_id}"
