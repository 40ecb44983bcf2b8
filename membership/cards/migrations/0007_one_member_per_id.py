"""Whether one ID document may stand on several members' files."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cards", "0006_check_digit"),
    ]

    operations = [
        migrations.AddField(
            model_name="cardrules",
            name="one_member_per_id",
            field=models.BooleanField(db_default=False, default=False, verbose_name="同一证件只登记一位会员"),
        ),
    ]
