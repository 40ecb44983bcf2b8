"""When a member proved that her telephone is hers."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("members", "0004_originals_seen")]

    operations = [
        migrations.AddField(
            model_name="member",
            name="phone_verified_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="手机号验证时间"),
        ),
    ]
