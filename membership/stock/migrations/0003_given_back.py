"""The register of drawings also tells what was given back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("stock", "0002_insert_only"),
    ]

    operations = [
        migrations.AddField(
            model_name="drawing",
            name="given_back",
            field=models.BooleanField(db_default=False, default=False, verbose_name="交回"),
        ),
    ]
