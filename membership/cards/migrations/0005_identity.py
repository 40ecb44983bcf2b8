"""Which types ask for a member who is identified, and whether a desk types ID numbers or looks at documents only."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cards", "0004_bound_vehicle")]

    operations = [
        migrations.AddField(
            model_name="cardtype",
            name="real_name",
            field=models.BooleanField(db_default=False, default=False, verbose_name="须实名"),
        ),
        migrations.AddField(
            model_name="cardrules",
            name="id_number_required",
            field=models.BooleanField(db_default=False, default=False, verbose_name="办理时须录入证件号码"),
        ),
    ]
