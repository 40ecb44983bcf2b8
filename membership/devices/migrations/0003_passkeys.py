import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("devices", "0002_card_codes")]

    operations = [
        migrations.AlterField(
            model_name="cardsession",
            name="way",
            field=models.CharField(
                choices=[("PIN", "消费密码"), ("CODE", "短信验证码"), ("PASSKEY", "通行密钥")],
                max_length=8,
                verbose_name="登录方式",
            ),
        ),
        migrations.RemoveConstraint(model_name="cardsession", name="card_session_way_known"),
        AddConstraintNotValid(
            model_name="cardsession",
            constraint=models.CheckConstraint(
                condition=models.Q(("way__in", ["PIN", "CODE", "PASSKEY"])), name="card_session_way_known"
            ),
        ),
        ValidateConstraint(model_name="cardsession", name="card_session_way_known"),
        migrations.CreateModel(
            name="Passkey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("pin_version", models.PositiveIntegerField(verbose_name="密码版本")),
                ("credential_id", models.BinaryField(unique=True, verbose_name="凭据编号")),
                ("user_handle", models.BinaryField(verbose_name="用户代号")),
                ("public_key", models.BinaryField(verbose_name="公钥")),
                ("sign_count", models.BigIntegerField(default=0, verbose_name="签名计数")),
                ("last_challenge", models.CharField(blank=True, max_length=64, verbose_name="最近一次的质询")),
                ("device", models.CharField(max_length=40, verbose_name="设备")),
                ("made_at", models.DateTimeField(verbose_name="创建时间")),
                ("used_at", models.DateTimeField(blank=True, null=True, verbose_name="最近使用")),
                (
                    "card",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="passkeys",
                        to="cards.card",
                        verbose_name="会员卡",
                    ),
                ),
            ],
            options={
                "verbose_name": "通行密钥",
                "verbose_name_plural": "通行密钥",
            },
        ),
    ]
