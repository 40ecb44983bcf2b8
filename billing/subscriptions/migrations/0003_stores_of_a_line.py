"""A line that the number of stores caused says how many there were, and how many the plans below serve."""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models
from django.db.models import F, Q

_BEYOND = Q(open_stores__isnull=True, most_stores__isnull=True) | Q(open_stores__gt=F("most_stores"))


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0002_insert_only")]

    operations = [
        migrations.AddField(
            "charge", "open_stores", models.PositiveIntegerField(blank=True, null=True, verbose_name="营业门店数")
        ),
        migrations.AddField(
            "charge", "most_stores", models.PositiveIntegerField(blank=True, null=True, verbose_name="低版本门店上限")
        ),
        AddConstraintNotValid("charge", models.CheckConstraint(condition=_BEYOND, name="charge_stores_beyond")),
        ValidateConstraint("charge", "charge_stores_beyond"),
    ]
