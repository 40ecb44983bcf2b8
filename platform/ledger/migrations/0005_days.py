"""The postings of a day, found without reading all of them and without a tree to write at every till."""

import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_kinds_of_lots")]

    accepted = {"K305": "one pass over the postings of one chain, kept as a line for every 32 pages: seconds at most"}

    operations = [
        migrations.AddIndex(
            model_name="posting",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["occurred_at"], name="ledger_posting_day", pages_per_range=32
            ),
        ),
    ]
