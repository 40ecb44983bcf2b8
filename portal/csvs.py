"""A list as a file that opens in a spreadsheet as it is."""

import csv
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse

from kernel.sheets import tamed


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """UTF-8 with a byte order mark, which spreadsheets in China need; no cell is taken for a formula."""
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    writer = csv.writer(response)
    writer.writerow(header)
    writer.writerows([tamed(value) if isinstance(value, str) else value for value in row] for row in rows)
    return response
