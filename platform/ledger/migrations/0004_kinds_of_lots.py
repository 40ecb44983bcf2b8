"""Points and packages are lots too. The database holds the form of a kind, not the list: nothing changes in it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_ending_lots")]

    operations = [
        migrations.AlterField(
            model_name="lot",
            name="kind",
            field=models.TextField(
                choices=[("PRINCIPAL", "本金"), ("BONUS", "赠送"), ("POINTS", "积分"), ("PACKAGE", "套餐")],
                verbose_name="类型",
            ),
        ),
    ]
