"""Products of counts or minutes, and what was sold of them."""

import django.db.models.deletion
from django.db import migrations, models

TRIGGERS = """
CREATE TRIGGER packages_packagesale_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON packages_packagesale
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("ledger", "0002_rules"),
        ("cards", "0004_bound_vehicle"),
    ]

    operations = [
        migrations.CreateModel(
            name="PackageProduct",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, unique=True, verbose_name="套餐名称")),
                ("unit", models.CharField(choices=[("CNT", "次"), ("MIN", "分钟")], max_length=3, verbose_name="计量")),
                ("quantity", models.PositiveIntegerField(verbose_name="数量")),
                ("price_fen", models.BigIntegerField(verbose_name="售价（分）")),
                ("validity_months", models.PositiveSmallIntegerField(verbose_name="有效期（月）")),
                ("enabled", models.BooleanField(default=True, verbose_name="在售")),
            ],
            options={
                "verbose_name": "套餐",
                "verbose_name_plural": "套餐",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("price_fen__gt", 0), ("quantity__gt", 0), ("validity_months__gt", 0)),
                        name="package_positive",
                    ),
                    models.CheckConstraint(condition=models.Q(("unit__in", ["CNT", "MIN"])), name="package_unit_known"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PackageSale",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("quantity", models.PositiveIntegerField(verbose_name="数量")),
                ("price_fen", models.BigIntegerField(verbose_name="售价（分）")),
                ("sold_at", models.DateTimeField(verbose_name="售出时间")),
                (
                    "card",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cards.card",
                        verbose_name="会员卡",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="packages.packageproduct", verbose_name="套餐"
                    ),
                ),
            ],
            options={
                "verbose_name": "套餐销售",
                "verbose_name_plural": "套餐销售",
                "indexes": [models.Index(fields=["card", "product"], name="package_sale_by_card")],
            },
        ),
        migrations.RunSQL(TRIGGERS, reverse_sql=migrations.RunSQL.noop),
    ]
