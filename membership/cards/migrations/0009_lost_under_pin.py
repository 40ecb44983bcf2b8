"""Under which PIN its holder reported a card lost on the web."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cards", "0008_pin_codes")]

    operations = [
        migrations.AddField(
            model_name="card",
            name="lost_under_pin",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="挂失时的密码版本"),
        ),
    ]
