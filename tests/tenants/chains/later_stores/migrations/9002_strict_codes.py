from django.db import migrations, models
from django.db.models.functions import Length


class Migration(migrations.Migration):
    """Fails where a store has a code of another length."""

    dependencies = [("stores", "9001_telephone")]

    operations = [
        migrations.AddField("store", "fax", models.CharField(max_length=20, null=True)),
        migrations.AddConstraint(
            "store",
            models.CheckConstraint(condition=models.Q(models.lookups.Exact(Length("code"), 3)), name="store_code_of_3"),
        ),
    ]
