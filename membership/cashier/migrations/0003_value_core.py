"""Rules of bonus and points, signed bills and their settlements, returned goods."""

import django.db.models.deletion
import django.db.models.expressions
from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models

# What was paid towards a bill and what came back stays as it was written.
TRIGGERS = """
CREATE TRIGGER cashier_settlement_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON cashier_settlement
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();
CREATE TRIGGER cashier_goodsreturn_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON cashier_goodsreturn
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("cards", "0003_types"),
        ("cashier", "0002_policy"),
        ("ledger", "0002_rules"),
        ("members", "0001_initial"),
        ("stores", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="BonusRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="规则名称")),
                ("min_paid_fen", models.BigIntegerField(verbose_name="充值满（分）")),
                (
                    "kind",
                    models.CharField(
                        choices=[("FIXED", "固定金额"), ("PERCENT", "按比例")], max_length=8, verbose_name="赠送方式"
                    ),
                ),
                ("value", models.BigIntegerField(verbose_name="赠送值")),
                ("starts_on", models.DateField(blank=True, null=True, verbose_name="开始日期")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="结束日期")),
                ("day_cap_fen", models.BigIntegerField(blank=True, null=True, verbose_name="每会员每日上限（分）")),
                (
                    "validity_months",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="赠送有效期（月）"),
                ),
                ("enabled", models.BooleanField(default=True, verbose_name="启用")),
            ],
            options={
                "verbose_name": "充值赠送规则",
                "verbose_name_plural": "充值赠送规则",
            },
        ),
        migrations.CreateModel(
            name="GoodsReturn",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("consumption", models.UUIDField(db_index=True, verbose_name="消费记账编号")),
                ("amount_fen", models.BigIntegerField(verbose_name="退货金额（分）")),
                ("fee_fen", models.BigIntegerField(default=0, verbose_name="手续费（分）")),
                ("parts", models.JSONField(verbose_name="退回方式")),
                ("points", models.BigIntegerField(default=0, verbose_name="扣回积分")),
                ("points_short", models.BigIntegerField(default=0, verbose_name="未扣回积分")),
            ],
            options={
                "verbose_name": "退货",
                "verbose_name_plural": "退货",
            },
        ),
        migrations.CreateModel(
            name="MemberTerms",
            fields=[
                (
                    "member",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="cashier_terms",
                        serialize=False,
                        to="members.member",
                        verbose_name="会员",
                    ),
                ),
                ("signed_limit_fen", models.BigIntegerField(blank=True, null=True, verbose_name="签单限额（分）")),
                ("is_staff", models.BooleanField(default=False, verbose_name="本商户员工")),
            ],
            options={
                "verbose_name": "会员收银条件",
                "verbose_name_plural": "会员收银条件",
            },
        ),
        migrations.CreateModel(
            name="PointsRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="规则名称")),
                ("fen_per_point", models.PositiveIntegerField(verbose_name="每积分消费（分）")),
                ("starts_on", models.DateField(blank=True, null=True, verbose_name="开始日期")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="结束日期")),
                ("enabled", models.BooleanField(default=True, verbose_name="启用")),
            ],
            options={
                "verbose_name": "积分规则",
                "verbose_name_plural": "积分规则",
            },
        ),
        migrations.CreateModel(
            name="Settlement",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("amount_fen", models.BigIntegerField(verbose_name="结算金额（分）")),
                ("parts", models.JSONField(verbose_name="支付方式")),
                ("settled_at", models.DateTimeField(verbose_name="结算时间")),
                ("actor_name", models.CharField(blank=True, max_length=80, verbose_name="经手人")),
            ],
            options={
                "verbose_name": "签单结算",
                "verbose_name_plural": "签单结算",
            },
        ),
        migrations.CreateModel(
            name="SignedBill",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("number", models.CharField(max_length=24, unique=True, verbose_name="签单号")),
                ("amount_fen", models.BigIntegerField(verbose_name="签单金额（分）")),
                ("settled_fen", models.BigIntegerField(default=0, verbose_name="已结（分）")),
                ("relieved_fen", models.BigIntegerField(default=0, verbose_name="已冲减（分）")),
                ("due_on", models.DateField(verbose_name="到期日")),
                ("signed_at", models.DateTimeField(verbose_name="签单时间")),
                ("signed_by", models.CharField(blank=True, max_length=80, verbose_name="经手人")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="备注")),
                (
                    "open",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Q(
                            (
                                "amount_fen__gt",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("settled_fen"), "+", models.F("relieved_fen")
                                ),
                            )
                        ),
                        output_field=models.BooleanField(),
                        verbose_name="未结清",
                    ),
                ),
            ],
            options={
                "verbose_name": "签单",
                "verbose_name_plural": "签单",
            },
        ),
        migrations.AddField(
            model_name="chainpolicy",
            name="return_fee_bp",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="无卡退货手续费（万分之）"),
        ),
        migrations.AddField(
            model_name="chainpolicy",
            name="signed_due_days",
            field=models.PositiveSmallIntegerField(db_default=30, default=30, verbose_name="签单账期（天）"),
        ),
        migrations.AddField(
            model_name="chainpolicy",
            name="signed_limit_fen",
            field=models.BigIntegerField(db_default=0, default=0, verbose_name="签单限额（分）"),
        ),
        AddConstraintNotValid(
            model_name="chainpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("return_fee_bp__lte", 300), ("signed_limit_fen__gte", 0)),
                name="chain_policy_value_sane",
            ),
        ),
        ValidateConstraint(model_name="chainpolicy", name="chain_policy_value_sane"),
        migrations.AddField(
            model_name="bonusrule",
            name="level",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="cards.cardlevel",
                verbose_name="卡级别",
            ),
        ),
        migrations.AddField(
            model_name="bonusrule",
            name="store",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="stores.store",
                verbose_name="门店",
            ),
        ),
        migrations.AddConstraint(
            model_name="goodsreturn",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_fen__gt", 0), ("fee_fen__gte", 0), ("fee_fen__lt", models.F("amount_fen"))),
                name="goods_return_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="memberterms",
            constraint=models.CheckConstraint(
                condition=models.Q(("signed_limit_fen__isnull", True), ("signed_limit_fen__gte", 0), _connector="OR"),
                name="member_terms_limit_sane",
            ),
        ),
        migrations.AddField(
            model_name="pointsrule",
            name="level",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="cards.cardlevel",
                verbose_name="卡级别",
            ),
        ),
        migrations.AddField(
            model_name="settlement",
            name="store",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to="stores.store", verbose_name="门店"
            ),
        ),
        migrations.AddField(
            model_name="signedbill",
            name="card",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to="cards.card", verbose_name="会员卡"
            ),
        ),
        migrations.AddField(
            model_name="signedbill",
            name="member",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to="members.member", verbose_name="会员"
            ),
        ),
        migrations.AddField(
            model_name="signedbill",
            name="store",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to="stores.store", verbose_name="门店"
            ),
        ),
        migrations.AddField(
            model_name="settlement",
            name="bill",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="settlements",
                to="cashier.signedbill",
                verbose_name="签单",
            ),
        ),
        migrations.AddConstraint(
            model_name="bonusrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("min_paid_fen__gt", 0),
                    ("value__gt", 0),
                    models.Q(("day_cap_fen__isnull", True), ("day_cap_fen__gt", 0), _connector="OR"),
                ),
                name="bonus_rule_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="bonusrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "FIXED"), models.Q(("kind", "PERCENT"), ("value__lte", 10000)), _connector="OR"
                ),
                name="bonus_rule_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="bonusrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("starts_on__isnull", True),
                    ("ends_on__isnull", True),
                    ("ends_on__gte", models.F("starts_on")),
                    _connector="OR",
                ),
                name="bonus_rule_days_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="pointsrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("fen_per_point__gt", 0)), name="points_rule_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="pointsrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("starts_on__isnull", True),
                    ("ends_on__isnull", True),
                    ("ends_on__gte", models.F("starts_on")),
                    _connector="OR",
                ),
                name="points_rule_days_in_order",
            ),
        ),
        migrations.AddIndex(
            model_name="signedbill",
            index=models.Index(fields=["member", "-signed_at", "-id"], name="signed_bill_by_member"),
        ),
        migrations.AddIndex(
            model_name="signedbill",
            index=models.Index(condition=models.Q(("open", True)), fields=["due_on", "id"], name="signed_bill_open"),
        ),
        migrations.AddConstraint(
            model_name="signedbill",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount_fen__gt", 0),
                    ("relieved_fen__gte", 0),
                    ("settled_fen__gte", 0),
                    (
                        "amount_fen__gte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("settled_fen"), "+", models.F("relieved_fen")
                        ),
                    ),
                ),
                name="signed_bill_within_amount",
            ),
        ),
        migrations.AddConstraint(
            model_name="settlement",
            constraint=models.CheckConstraint(condition=models.Q(("amount_fen__gt", 0)), name="settlement_positive"),
        ),
        migrations.RunSQL(TRIGGERS, reverse_sql=migrations.RunSQL.noop),
    ]
