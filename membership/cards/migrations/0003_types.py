"""Card types as policy, the chain's rules for cards, and what a card's life needs to be told."""

from typing import Any

import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.core.management.color import no_style
from django.db import migrations, models

from kernel import clock
from membership.cards import presets


def install_types(apps: Any, schema_editor: Any) -> None:
    card_type, connection = apps.get_model("cards", "CardType"), schema_editor.connection
    presets.install_types(card_type, now=clock.now(), using=connection.alias)
    apps.get_model("cards", "CardRules").objects.using(connection.alias).create(id=1)
    # The presets' keys are given, not drawn: the sequence goes on behind them.
    for statement in connection.ops.sequence_reset_sql(no_style(), [card_type]):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    accepted = {"K305": "internal_code and replaces are null in every row: their indexes are empty and built at once"}

    dependencies = [
        ("cards", "0002_levels"),
        ("ledger", "0002_rules"),
        ("members", "0001_initial"),
        ("stores", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="CardRules",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                (
                    "pin_ask",
                    models.CharField(
                        choices=[("NEVER", "不验密码"), ("ABOVE", "超过限额时验密码"), ("ALWAYS", "每次验密码")],
                        default="NEVER",
                        max_length=8,
                        verbose_name="消费验密",
                    ),
                ),
                ("pin_above_fen", models.BigIntegerField(default=0, verbose_name="免密限额（分）")),
                ("pin_failures", models.PositiveSmallIntegerField(default=5, verbose_name="密码错误锁卡次数")),
            ],
            options={
                "verbose_name": "用卡规则",
                "verbose_name_plural": "用卡规则",
            },
        ),
        migrations.CreateModel(
            name="CardTillPin",
            fields=[
                (
                    "card",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="till_pin",
                        serialize=False,
                        to="cards.card",
                        verbose_name="会员卡",
                    ),
                ),
                ("failures", models.PositiveSmallIntegerField(default=0, verbose_name="连续错误次数")),
            ],
            options={
                "verbose_name": "收银密码错误",
                "verbose_name_plural": "收银密码错误",
            },
        ),
        migrations.CreateModel(
            name="CardType",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=20, unique=True, verbose_name="类型代码")),
                ("name", models.CharField(max_length=40, verbose_name="类型名称")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("ORDINARY", "普通卡"),
                            ("GIFT", "礼品卡"),
                            ("SPECIAL", "特定卡"),
                            ("COMPLIMENTARY", "赠送卡"),
                        ],
                        max_length=16,
                        verbose_name="性质",
                    ),
                ),
                ("earns_points", models.BooleanField(default=True, verbose_name="可积分")),
                ("member_required", models.BooleanField(default=True, verbose_name="须登记会员")),
                (
                    "use_by",
                    models.CharField(
                        choices=[("HOLDER", "仅限本人"), ("BEARER", "持卡人"), ("VEHICLE", "绑定车辆")],
                        default="HOLDER",
                        max_length=8,
                        verbose_name="使用人",
                    ),
                ),
                ("top_up_allowed", models.BooleanField(default=True, verbose_name="可充值")),
                (
                    "cards_per_id",
                    models.PositiveSmallIntegerField(blank=True, default=1, null=True, verbose_name="每证件限办（张）"),
                ),
                ("balance_cap_fen", models.BigIntegerField(default=500000, verbose_name="余额上限（分）")),
                (
                    "bearer_min_validity_months",
                    models.PositiveSmallIntegerField(default=36, verbose_name="不记名卡最短有效期（月）"),
                ),
                ("reissue_fee_fen", models.BigIntegerField(default=0, verbose_name="补卡工本费（分）")),
                ("approvals", models.JSONField(blank=True, default=list, verbose_name="启用所需审批")),
                ("issue_act", models.CharField(default="card.issue", max_length=40, verbose_name="发卡权限")),
                ("enabled_at", models.DateTimeField(blank=True, null=True, verbose_name="启用时间")),
                ("number_prefix", models.CharField(blank=True, max_length=16, verbose_name="卡号前缀")),
                ("number_length", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="卡号长度")),
                ("internal_prefix", models.CharField(blank=True, max_length=16, verbose_name="内部编码前缀")),
                (
                    "internal_length",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="内部编码长度"),
                ),
                ("same_day_spend_fen", models.BigIntegerField(blank=True, null=True, verbose_name="当日消费满（分）")),
                (
                    "accumulated_spend_fen",
                    models.BigIntegerField(blank=True, null=True, verbose_name="累计消费满（分）"),
                ),
                ("accumulated_months", models.PositiveSmallIntegerField(default=12, verbose_name="累计期间（月）")),
                (
                    "pin_ask",
                    models.CharField(
                        blank=True,
                        choices=[("NEVER", "不验密码"), ("ABOVE", "超过限额时验密码"), ("ALWAYS", "每次验密码")],
                        max_length=8,
                        verbose_name="消费验密",
                    ),
                ),
                ("pin_above_fen", models.BigIntegerField(default=0, verbose_name="免密限额（分）")),
            ],
            options={
                "verbose_name": "卡类型",
                "verbose_name_plural": "卡类型",
            },
        ),
        migrations.RemoveConstraint(
            model_name="card",
            name="card_complete_once_issued",
        ),
        migrations.AddField(
            model_name="card",
            name="activated_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="激活时间"),
        ),
        migrations.AddField(
            model_name="card",
            name="bearer",
            field=models.BooleanField(db_default=False, default=False, verbose_name="不记名"),
        ),
        migrations.AddField(
            model_name="card",
            name="before_loss",
            field=models.CharField(blank=True, db_default="", default="", max_length=12, verbose_name="挂失前状态"),
        ),
        migrations.AddField(
            model_name="card",
            name="internal_code",
            field=models.CharField(blank=True, max_length=32, null=True, unique=True, verbose_name="内部编码"),
        ),
        migrations.AddField(
            model_name="card",
            name="payment_pending",
            field=models.BooleanField(db_default=False, default=False, verbose_name="待到账"),
        ),
        migrations.AddField(
            model_name="card",
            name="replaces",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replaced_by",
                to="cards.card",
                verbose_name="替换旧卡",
            ),
        ),
        migrations.AddConstraint(
            model_name="cardrules",
            constraint=models.CheckConstraint(condition=models.Q(("id", 1)), name="card_rules_single"),
        ),
        migrations.AddConstraint(
            model_name="cardrules",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("pin_above_fen__gte", 0), ("pin_ask__in", ["NEVER", "ABOVE", "ALWAYS"]), ("pin_failures__gte", 3)
                ),
                name="card_rules_sound",
            ),
        ),
        migrations.AddConstraint(
            model_name="cardtype",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["ORDINARY", "GIFT", "SPECIAL", "COMPLIMENTARY"])),
                name="card_type_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="cardtype",
            constraint=models.CheckConstraint(
                condition=models.Q(("use_by__in", ["HOLDER", "BEARER", "VEHICLE"])), name="card_type_use_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="cardtype",
            constraint=models.CheckConstraint(
                condition=models.Q(("pin_above_fen__gte", 0), ("pin_ask__in", ["", "NEVER", "ABOVE", "ALWAYS"])),
                name="card_type_pin_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="cardtype",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("balance_cap_fen__gt", 0), ("balance_cap_fen__lte", 500000), ("member_required", True)),
                    models.Q(("balance_cap_fen__gt", 0), ("balance_cap_fen__lte", 100000), ("member_required", False)),
                    _connector="OR",
                ),
                name="card_type_cap_lawful",
            ),
        ),
        migrations.AddConstraint(
            model_name="cardtype",
            constraint=models.CheckConstraint(
                condition=models.Q(("bearer_min_validity_months__gte", 36)), name="card_type_bearer_validity_lawful"
            ),
        ),
        migrations.AddConstraint(
            model_name="cardtype",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "GIFT"), _negated=True),
                    models.Q(("earns_points", False), ("member_required", False)),
                    _connector="OR",
                ),
                name="card_type_gift_apart",
            ),
        ),
        migrations.AddConstraint(
            model_name="cardtype",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("use_by", "HOLDER"), _negated=True), ("member_required", True), _connector="OR"
                ),
                name="card_type_holder_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="cardtype",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("accumulated_months__gt", 0),
                    ("reissue_fee_fen__gte", 0),
                    models.Q(("cards_per_id__isnull", True), ("cards_per_id__gt", 0), _connector="OR"),
                ),
                name="card_type_amounts_sound",
            ),
        ),
        migrations.RunPython(install_types, migrations.RunPython.noop),
        migrations.AddField(
            model_name="card",
            name="type",
            field=models.ForeignKey(
                db_default=models.Value(1),
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cards",
                to="cards.cardtype",
                verbose_name="卡类型",
            ),
        ),
        AddConstraintNotValid(
            model_name="card",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("issued_at__isnull", True), ("status__in", ["IDLE", "COLLECTED", "DESTROYED"])),
                    models.Q(
                        ("account_valid_until__isnull", False),
                        ("issued_at__isnull", False),
                        ("points_account__isnull", False),
                        ("stored_account__isnull", False),
                        ("valid_until__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="card_complete_once_issued",
            ),
        ),
        AddConstraintNotValid(
            model_name="card",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("issued_at__isnull", True),
                    models.Q(("bearer", True), ("member__isnull", True)),
                    models.Q(("bearer", False), ("member__isnull", False)),
                    _connector="OR",
                ),
                name="card_member_or_bearer",
            ),
        ),
        ValidateConstraint(model_name="card", name="card_complete_once_issued"),
        ValidateConstraint(model_name="card", name="card_member_or_bearer"),
    ]
