"""Notices tell by which way, and when, the member was told."""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cards", "0008_pin_codes"),
        ("documents", "0002_insert_only"),
        ("expiry", "0003_dormant_cards"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="clearingnotice",
            name="clearing_notice_known",
        ),
        migrations.RemoveConstraint(
            model_name="dormantcard",
            name="dormant_card_known",
        ),
        migrations.AddField(
            model_name="clearingnotice",
            name="text_id",
            field=models.BigIntegerField(blank=True, null=True, verbose_name="短信编号"),
        ),
        migrations.AddField(
            model_name="clearingnotice",
            name="told_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="通知发出时间"),
        ),
        migrations.AddField(
            model_name="dormantcard",
            name="text_id",
            field=models.BigIntegerField(blank=True, null=True, verbose_name="短信编号"),
        ),
        migrations.AddField(
            model_name="dormantcard",
            name="told_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="通知发出时间"),
        ),
        migrations.AlterField(
            model_name="clearingnotice",
            name="channel",
            field=models.CharField(
                choices=[("SMS", "短信"), ("MAIL", "邮件"), ("SHOP", "由门店通知")],
                max_length=8,
                verbose_name="通知方式",
            ),
        ),
        migrations.AlterField(
            model_name="dormantcard",
            name="channel",
            field=models.CharField(
                choices=[("SMS", "短信"), ("MAIL", "邮件"), ("SHOP", "由门店通知")],
                default="SHOP",
                max_length=8,
                verbose_name="通知方式",
            ),
        ),
        AddConstraintNotValid(
            model_name="clearingnotice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("channel__in", ["SMS", "MAIL", "SHOP"]), ("state__in", ["OPEN", "CLEARED", "LIFTED"])
                ),
                name="clearing_notice_known",
            ),
        ),
        AddConstraintNotValid(
            model_name="dormantcard",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("channel__in", ["SMS", "MAIL", "SHOP"]),
                    ("state__in", ["LISTED", "LEFT_OUT", "NOTIFIED", "FROZEN", "USED", "REOPENED"]),
                ),
                name="dormant_card_known",
            ),
        ),
        ValidateConstraint(model_name="clearingnotice", name="clearing_notice_known"),
        ValidateConstraint(model_name="dormantcard", name="dormant_card_known"),
    ]
