"""Members are reminded of the end of their cards."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cards", "0010_offered_online"),
        ("expiry", "0004_telling"),
    ]

    operations = [
        migrations.AddField(
            model_name="expirypolicy",
            name="validity_notice_days",
            field=models.PositiveSmallIntegerField(db_default=30, default=30, verbose_name="卡到期提前提醒（天）"),
        ),
        migrations.CreateModel(
            name="ValidityNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ends_on", models.DateField(verbose_name="有效期至")),
                ("noticed_on", models.DateField(verbose_name="通知日期")),
                (
                    "channel",
                    models.CharField(
                        choices=[("SMS", "短信"), ("MAIL", "邮件"), ("SHOP", "由门店通知")],
                        default="SHOP",
                        max_length=8,
                        verbose_name="通知方式",
                    ),
                ),
                ("told_at", models.DateTimeField(blank=True, null=True, verbose_name="通知发出时间")),
                ("text_id", models.BigIntegerField(blank=True, null=True, verbose_name="短信编号")),
                (
                    "card",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="cards.card",
                        verbose_name="会员卡",
                    ),
                ),
            ],
            options={
                "verbose_name": "卡到期提醒",
                "verbose_name_plural": "卡到期提醒",
                "indexes": [models.Index(fields=["ends_on", "id"], name="validity_notice_by_day")],
                "constraints": [
                    models.UniqueConstraint(fields=("card", "ends_on"), name="validity_notice_once"),
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["SMS", "MAIL", "SHOP"])),
                        name="validity_notice_channel_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_on__gte", models.F("noticed_on"))), name="validity_notice_before"
                    ),
                ],
            },
        ),
    ]
