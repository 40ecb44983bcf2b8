"""Card types, levels and cards."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.db.labels import labelled
from membership.cards.domain import CardStatus
from membership.cards.policy import PinAsk, TypeKind, UseBy

ORDINARY_TYPE_ID = 1
"""The ordinary card, which every chain has: what a card is of when nobody says otherwise."""


class CardLevel(models.Model):
    """A level a card is made at: gold, silver, diamond … (R-B09, R-B11)."""

    code = models.CharField(_("级别代码"), max_length=20, unique=True)
    name = models.CharField(_("级别名称"), max_length=40)
    rank = models.PositiveSmallIntegerField(_("次序"))
    validity_months = models.PositiveSmallIntegerField(_("有效期（月）"))
    balance_cap_fen = models.BigIntegerField(_("余额上限（分）"), default=500_000)
    # Whether people who apply on the web may wish for it (R-A11).
    offered_online = models.BooleanField(_("网上可申请"), default=False, db_default=False)

    class Meta:
        verbose_name = _("卡级别")
        verbose_name_plural = _("卡级别")
        constraints = [
            models.CheckConstraint(condition=models.Q(validity_months__gt=0), name="card_level_validity_positive"),
            # 单用途商业预付卡管理办法: a registered card holds at most CNY 5,000.
            models.CheckConstraint(
                condition=models.Q(balance_cap_fen__gt=0, balance_cap_fen__lte=500_000), name="card_level_cap_lawful"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CardType(models.Model):
    """What cards of a kind may do: policy as data, so that no rule asks which type it has before it (R-E02 – R-E07)."""

    code = models.CharField(_("类型代码"), max_length=20, unique=True)
    name = models.CharField(_("类型名称"), max_length=40)
    kind = models.CharField(_("性质"), max_length=16, choices=TypeKind)
    earns_points = models.BooleanField(_("可积分"), default=True)
    member_required = models.BooleanField(_("须登记会员"), default=True)
    # An ID document and a mobile number on record before a card is issued (R-H01, R-H03).
    real_name = models.BooleanField(_("须实名"), default=False, db_default=False)
    use_by = models.CharField(_("使用人"), max_length=8, choices=UseBy, default=UseBy.HOLDER)
    # A type that may not be topped up is loaded once, when it is sold.
    top_up_allowed = models.BooleanField(_("可充值"), default=True)
    # Null: no limit. A card bound to a vehicle counts for that vehicle (R-H02, X-15).
    cards_per_id = models.PositiveSmallIntegerField(_("每证件限办（张）"), null=True, blank=True, default=1)
    balance_cap_fen = models.BigIntegerField(_("余额上限（分）"), default=500_000)
    bearer_min_validity_months = models.PositiveSmallIntegerField(_("不记名卡最短有效期（月）"), default=36)
    reissue_fee_fen = models.BigIntegerField(_("补卡工本费（分）"), default=0)
    # [{"label": "总经理", "act": "stock.approve"}, …]: in this order, each by another person (R-E07, R-L02).
    approvals = models.JSONField(_("启用所需审批"), default=list, blank=True)
    # Who issues it besides or instead of the counter: finance, for complimentary cards (R-L02).
    issue_act = models.CharField(_("发卡权限"), max_length=40, default="card.issue")
    enabled_at = models.DateTimeField(_("启用时间"), null=True, blank=True)
    # What its numbers and internal codes look like (R-F09). Empty or null: anything.
    number_prefix = models.CharField(_("卡号前缀"), max_length=16, blank=True)
    number_length = models.PositiveSmallIntegerField(_("卡号长度"), null=True, blank=True)
    # Whether numbers that come from a vendor must end in a check digit (Luhn).
    check_digit = models.BooleanField(_("卡号末位为校验位"), default=False, db_default=False)
    internal_prefix = models.CharField(_("内部编码前缀"), max_length=16, blank=True)
    internal_length = models.PositiveSmallIntegerField(_("内部编码长度"), null=True, blank=True)
    # Who may have one: spent so much on the day, or so much in so many months (R-P10). Null: no such condition.
    same_day_spend_fen = models.BigIntegerField(_("当日消费满（分）"), null=True, blank=True)
    accumulated_spend_fen = models.BigIntegerField(_("累计消费满（分）"), null=True, blank=True)
    accumulated_months = models.PositiveSmallIntegerField(_("累计期间（月）"), default=12)
    # Empty: as the chain's own rule says.
    pin_ask = models.CharField(_("消费验密"), max_length=8, choices=PinAsk, blank=True)
    pin_above_fen = models.BigIntegerField(_("免密限额（分）"), default=0)
    # Whether people may apply for one on the web (R-A11): for a card of their own, which the counter issues.
    offered_online = models.BooleanField(_("网上可申请"), default=False, db_default=False)

    class Meta:
        verbose_name = _("卡类型")
        verbose_name_plural = _("卡类型")
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=TypeKind.values), name="card_type_kind_known"),
            models.CheckConstraint(condition=models.Q(use_by__in=UseBy.values), name="card_type_use_known"),
            models.CheckConstraint(
                condition=models.Q(pin_ask__in=["", *PinAsk.values], pin_above_fen__gte=0), name="card_type_pin_known"
            ),
            # A registered card holds at most CNY 5,000, a bearer card CNY 1,000 (单用途商业预付卡管理办法; X-27).
            models.CheckConstraint(
                condition=models.Q(member_required=True, balance_cap_fen__gt=0, balance_cap_fen__lte=500_000)
                | models.Q(member_required=False, balance_cap_fen__gt=0, balance_cap_fen__lte=100_000),
                name="card_type_cap_lawful",
            ),
            models.CheckConstraint(
                condition=models.Q(bearer_min_validity_months__gte=36), name="card_type_bearer_validity_lawful"
            ),
            # A gift card earns nothing and knows nobody (R-E03).
            models.CheckConstraint(
                condition=~models.Q(kind="GIFT") | models.Q(earns_points=False, member_required=False),
                name="card_type_gift_apart",
            ),
            models.CheckConstraint(
                condition=~models.Q(use_by="HOLDER") | models.Q(member_required=True), name="card_type_holder_known"
            ),
            models.CheckConstraint(
                condition=models.Q(reissue_fee_fen__gte=0, accumulated_months__gt=0)
                & (models.Q(cards_per_id__isnull=True) | models.Q(cards_per_id__gt=0)),
                name="card_type_amounts_sound",
            ),
            models.CheckConstraint(
                condition=models.Q(offered_online=False)
                | (models.Q(member_required=True, issue_act="card.issue") & ~models.Q(use_by="VEHICLE")),
                name="card_type_online_to_a_person",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CardRules(models.Model):
    """The chain's rules for every card: exactly one row, made with its schema."""

    ONLY: int = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    pin_ask = models.CharField(_("消费验密"), max_length=8, choices=PinAsk, default=PinAsk.NEVER)
    pin_above_fen = models.BigIntegerField(_("免密限额（分）"), default=0)
    # Wrong PINs at tills, in a row, that lock a card.
    pin_failures = models.PositiveSmallIntegerField(_("密码错误锁卡次数"), default=5)
    # For losses, PIN unlocking and reissue: looking at the document is not enough (R-J02, R-L08).
    id_number_required = models.BooleanField(_("办理时须录入证件号码"), default=False, db_default=False)
    # Else a desk may go on knowingly, and merge the two files later (R-H02).
    one_member_per_id = models.BooleanField(_("同一证件只登记一位会员"), default=False, db_default=False)

    class Meta:
        verbose_name = _("用卡规则")
        verbose_name_plural = _("用卡规则")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="card_rules_single"),
            models.CheckConstraint(
                condition=models.Q(pin_ask__in=PinAsk.values, pin_above_fen__gte=0, pin_failures__gte=3),
                name="card_rules_sound",
            ),
        ]

    def __str__(self) -> str:
        return self.pin_ask


class Card(models.Model):
    """A card from its making to its end. Its number never changes and is never used again."""

    number = models.CharField(_("卡号"), max_length=32, unique=True)
    # What is written in the chip or on the stripe, apart from the number on the card (R-F03, R-F04).
    internal_code = models.CharField(_("内部编码"), max_length=32, unique=True, null=True, blank=True)
    # Few types, many cards: an index on it would find nothing faster.
    type = models.ForeignKey(
        CardType,
        on_delete=models.PROTECT,
        db_default=models.Value(ORDINARY_TYPE_ID),
        db_index=False,
        related_name="cards",
        verbose_name=_("卡类型"),
    )
    level = models.ForeignKey(CardLevel, on_delete=models.PROTECT, verbose_name=_("卡级别"))
    status = models.CharField(_("状态"), max_length=12, choices=CardStatus, default=CardStatus.IDLE)
    # Orthogonal to the status (R-C13).
    locked = models.BooleanField(_("是否锁定"), default=False)
    member = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("会员")
    )
    # The one vehicle that it serves (R-B15, R-C08); null: it follows its holder (R-B16).
    bound_vehicle = models.ForeignKey(
        "vehicles.Vehicle",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="cards",
        verbose_name=_("绑定车辆"),
    )
    # Issued to nobody: it belongs to whoever holds it.
    bearer = models.BooleanField(_("不记名"), default=False, db_default=False)
    # A cheque or transfer that has not arrived yet: the card may not be activated (R-L05).
    payment_pending = models.BooleanField(_("待到账"), default=False, db_default=False)
    # Where a lost card stood before, and stands again when it is found (R-J07).
    before_loss = models.CharField(_("挂失前状态"), max_length=12, blank=True, default="", db_default="")
    # Reported lost by its holder on the web, under this version of its PIN; null: at a desk, or not lost.
    lost_under_pin = models.PositiveIntegerField(_("挂失时的密码版本"), null=True, blank=True)
    # The card whose value and number this one took over (R-J03, R-C07).
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by", verbose_name=_("替换旧卡")
    )
    # Both must hold for the card to be used (R-C04). A date is the last day of validity, in the chain's zone.
    valid_until = models.DateField(_("卡有效期至"), null=True, blank=True)
    account_valid_until = models.DateField(_("账户有效期至"), null=True, blank=True)
    stored_account = models.OneToOneField(
        "ledger.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("储值账户")
    )
    points_account = models.OneToOneField(
        "ledger.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("积分账户")
    )
    store = models.ForeignKey(
        "stores.Store", on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("发卡门店")
    )
    made_at = models.DateTimeField(_("制卡时间"))
    issued_at = models.DateTimeField(_("发卡时间"), null=True, blank=True)
    activated_at = models.DateTimeField(_("激活时间"), null=True, blank=True)
    # argon2id with a versioned pepper; empty until issue.
    pin_hash = models.CharField(_("密码散列"), max_length=200, blank=True)
    pin_must_change = models.BooleanField(_("须改密码"), default=True)
    # Sessions opened under an older PIN end when it changes.
    pin_version = models.PositiveIntegerField(_("密码版本"), default=0)

    class Meta:
        verbose_name = _("会员卡")
        verbose_name_plural = _("会员卡")
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=CardStatus.values), name="card_status_known"),
            # What was never issued may be destroyed, but not used.
            models.CheckConstraint(
                condition=models.Q(status__in=["IDLE", "COLLECTED", "DESTROYED"], issued_at__isnull=True)
                | models.Q(
                    stored_account__isnull=False,
                    points_account__isnull=False,
                    valid_until__isnull=False,
                    account_valid_until__isnull=False,
                    issued_at__isnull=False,
                ),
                name="card_complete_once_issued",
            ),
            models.CheckConstraint(
                condition=models.Q(issued_at__isnull=True)
                | models.Q(bearer=True, member__isnull=True)
                | models.Q(bearer=False, member__isnull=False),
                name="card_member_or_bearer",
            ),
        ]
        indexes = [models.Index(fields=["status", "number"], name="card_by_status")]

    get_status_display = labelled(CardStatus, "status")

    def __str__(self) -> str:
        return self.number


class CardWebLogin(models.Model):
    """Wrong PINs on the web. They slow and stop web log-in for this card only; they never lock it at a till.

    A row of its own: an attempt holds it locked while the PIN is hashed, and a till must never wait for that.
    """

    card = models.OneToOneField(
        Card, on_delete=models.CASCADE, primary_key=True, related_name="web_login", verbose_name=_("会员卡")
    )
    failures = models.PositiveIntegerField(_("连续错误次数"), default=0)
    blocked_until = models.DateTimeField(_("暂停登录至"), null=True, blank=True)

    class Meta:
        verbose_name = _("网页登录限制")
        verbose_name_plural = _("网页登录限制")

    def __str__(self) -> str:
        return f"{self.card_id}: {self.failures}"


class CardTillPin(models.Model):
    """Wrong PINs at tills, in a row. Enough of them lock the card (X-19).

    A row of its own, made at the first failure: an attempt holds it while the PIN is hashed, and a posting never waits
    for that.
    """

    card = models.OneToOneField(
        Card, on_delete=models.CASCADE, primary_key=True, related_name="till_pin", verbose_name=_("会员卡")
    )
    failures = models.PositiveSmallIntegerField(_("连续错误次数"), default=0)

    class Meta:
        verbose_name = _("收银密码错误")
        verbose_name_plural = _("收银密码错误")

    def __str__(self) -> str:
        return f"{self.card_id}: {self.failures}"


class PinCodeAsk(models.Model):
    """Somebody asked for a code to be sent: written for whatever was typed, answered and deleted by a worker."""

    number = models.CharField(_("卡号"), max_length=32)
    phone = models.CharField(_("手机号"), max_length=20)
    asked_at = models.DateTimeField(_("申请时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("验证码申请")

    def __str__(self) -> str:
        return str(self.pk)


class CardPinCode(models.Model):
    """The code that was last sent to a card's telephone, and how often that was done today.

    A row of its own, like those of wrong PINs: a try holds it while the new PIN is hashed, and no till waits for that.
    """

    card = models.OneToOneField(
        Card, on_delete=models.CASCADE, primary_key=True, related_name="pin_code", verbose_name=_("会员卡")
    )
    # HMAC of card, telephone and code; empty once it has been used.
    digest = models.CharField(_("验证码散列"), max_length=64, blank=True)
    tries = models.PositiveSmallIntegerField(_("错误次数"), default=0)
    expires_at = models.DateTimeField(_("有效期至"), null=True, blank=True)
    sent_at = models.DateTimeField(_("发送时间"), null=True, blank=True)
    sent_on = models.DateField(_("发送日期"), null=True, blank=True)
    sent_today = models.PositiveSmallIntegerField(_("当日发送次数"), default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("密码验证码")

    def __str__(self) -> str:
        return f"{self.card_id}: {self.sent_today}"
