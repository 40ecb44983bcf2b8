"""When a member's telephone became another one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("members", "0006_reminders")]

    operations = [
        migrations.AddField(
            model_name="member",
            name="phone_changed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="手机号更改时间"),
        ),
    ]
