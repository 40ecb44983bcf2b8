"""Which types and levels people may apply for on the web."""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cards", "0009_lost_under_pin"),
    ]

    operations = [
        migrations.AddField(
            model_name="cardlevel",
            name="offered_online",
            field=models.BooleanField(db_default=False, default=False, verbose_name="网上可申请"),
        ),
        migrations.AddField(
            model_name="cardtype",
            name="offered_online",
            field=models.BooleanField(db_default=False, default=False, verbose_name="网上可申请"),
        ),
        AddConstraintNotValid(
            model_name="cardtype",
            constraint=models.CheckConstraint(
                condition=models.Q(offered_online=False)
                | (models.Q(member_required=True, issue_act="card.issue") & ~models.Q(use_by="VEHICLE")),
                name="card_type_online_to_a_person",
            ),
        ),
        ValidateConstraint(model_name="cardtype", name="card_type_online_to_a_person"),
    ]
