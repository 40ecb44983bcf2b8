"""The book of January 2026, as its file has it. The file never changes, so neither does what this migration writes."""

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import migrations

FILE = Path(__file__).parent.parent / "data" / "prices-2026-01.csv"


def install(apps: Any, schema_editor: Any) -> None:
    """One approved book with its 60 prices, in fen."""
    using = schema_editor.connection.alias
    book = (
        apps.get_model("pricebook", "Book")
        .objects.using(using)
        .create(
            version="2026-01",
            effective_from=date(2026, 1, 1),
            prepared_by="kayun",
            prepared_at=datetime(2025, 12, 1, tzinfo=UTC),
            approved_by="price list",
            approved_at=datetime(2025, 12, 1, tzinfo=UTC),
        )
    )
    with FILE.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    price = apps.get_model("pricebook", "Price")
    price.objects.using(using).bulk_create(
        price(
            book=book,
            module=int(row["module"]),
            plan=row["plan"],
            **{f"{name}_fen": int(Decimal(row[f"{name}_cny"]) * 100) for name in ("setup", "monthly", "per_call")},
        )
        for row in rows
    )


class Migration(migrations.Migration):
    dependencies = [("pricebook", "0001_initial")]

    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
