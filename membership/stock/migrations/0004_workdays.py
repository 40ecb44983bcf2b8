"""Days that a chain works, or does not, by its own word."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("stock", "0003_given_back"),
    ]

    operations = [
        migrations.CreateModel(
            name="WorkDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(unique=True, verbose_name="日期")),
                ("worked", models.BooleanField(verbose_name="上班")),
                ("name", models.CharField(blank=True, max_length=40, verbose_name="名称")),
            ],
            options={
                "verbose_name": "工作日安排",
                "verbose_name_plural": "工作日安排",
            },
        ),
    ]
