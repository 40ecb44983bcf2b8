"""Owners are told of price books that are to come, each once."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chains", "0003_held_from"), ("forecasts", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="ToldOfPrices",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.CharField(max_length=40, verbose_name="价目版本")),
                ("told_at", models.DateTimeField(verbose_name="告知时间")),
                (
                    "chain",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="told_of_prices",
                        to="chains.chain",
                        verbose_name="商户",
                    ),
                ),
            ],
            options={
                "verbose_name": "价目告知",
                "verbose_name_plural": "价目告知",
                "constraints": [
                    models.UniqueConstraint(fields=("chain", "version"), name="told_of_prices_once"),
                ],
            },
        ),
    ]
