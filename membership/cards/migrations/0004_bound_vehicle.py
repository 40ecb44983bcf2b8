"""The vehicle that a card serves."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    accepted = {"K305": "bound_vehicle is null in every row: its index is built in one pass over no values"}

    dependencies = [
        ("cards", "0003_types"),
        ("vehicles", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="card",
            name="bound_vehicle",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cards",
                to="vehicles.vehicle",
                verbose_name="绑定车辆",
            ),
        ),
    ]
