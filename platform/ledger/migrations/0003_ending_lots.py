"""The lots that end: found by a daily task without reading all of them."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_rules")]

    accepted = {
        "K305": "one pass over the lots of one chain, of which nothing but bonuses ends yet: well under a second"
    }

    operations = [
        migrations.AddIndex(
            model_name="lot",
            index=models.Index(
                fields=["expires_at"], condition=Q(live=True, expires_at__isnull=False), name="ledger_lot_ending"
            ),
        ),
    ]
