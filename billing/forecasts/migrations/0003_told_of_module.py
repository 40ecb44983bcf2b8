"""Owners are told of modules that they had for nothing and are to subscribe to, each when it begins and before it ends."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chains", "0003_held_from"), ("forecasts", "0002_told_of_prices")]

    operations = [
        migrations.CreateModel(
            name="ToldOfModule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("module", models.PositiveSmallIntegerField(verbose_name="模块")),
                ("last", models.BooleanField(verbose_name="最后提醒")),
                ("told_at", models.DateTimeField(verbose_name="告知时间")),
                (
                    "chain",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="told_of_modules",
                        to="chains.chain",
                        verbose_name="商户",
                    ),
                ),
            ],
            options={
                "verbose_name": "模块告知",
                "verbose_name_plural": "模块告知",
                "constraints": [
                    models.UniqueConstraint(fields=("chain", "module", "last"), name="told_of_module_once"),
                ],
            },
        ),
    ]
