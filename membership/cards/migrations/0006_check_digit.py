"""Whether a type's numbers end in a check digit."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cards", "0005_identity"),
    ]

    operations = [
        migrations.AddField(
            model_name="cardtype",
            name="check_digit",
            field=models.BooleanField(db_default=False, default=False, verbose_name="卡号末位为校验位"),
        ),
    ]
