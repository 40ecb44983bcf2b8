from django.db import migrations, models

from tests.tenants.chains.later_stores.migrations import LAST


class Migration(migrations.Migration):
    dependencies = [("stores", LAST)]

    operations = [
        migrations.AddField("store", "telephone", models.CharField(max_length=20, default="")),
        migrations.RunSQL("UPDATE stores_store SET telephone = code", migrations.RunSQL.noop),
    ]
