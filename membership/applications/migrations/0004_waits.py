"""How long a card that was granted waits for its applicant: as the chain chooses."""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("applications", "0003_lapsed")]

    operations = [
        migrations.AddField(
            model_name="applicationpolicy",
            name="waits_days",
            field=models.PositiveSmallIntegerField(db_default=30, default=30, verbose_name="通过后未领可作废（天）"),
        ),
        AddConstraintNotValid(
            model_name="applicationpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("waits_days__gte", 7), ("waits_days__lte", 365)), name="application_policy_waits"
            ),
        ),
        ValidateConstraint(model_name="applicationpolicy", name="application_policy_waits"),
    ]
