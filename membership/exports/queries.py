"""Reading exports, and what the sweeper looks for."""

from datetime import timedelta
from typing import Final

from membership.exports.models import Export

PATIENCE: Final = timedelta(seconds=90)
"""How long a worker may be silent before another begins anew: a page takes seconds, packing the file some more."""

DUE: Final = (
    "SELECT FROM {schema}.exports_export WHERE state = 'WRITING'"
    f" AND touched_at <= %(now)s - interval '{PATIENCE.seconds} seconds'"
)
"""Whether a chain has an export that nobody seems to work on."""


def exports_of(actor: str, *, size: int) -> list[Export]:
    """The latest exports this person asked for. Nobody sees another's."""
    return list(Export.objects.filter(actor=actor).select_related("file").order_by("-pk")[:size])


def find_export(export_id: int, *, actor: str) -> Export | None:
    """The export, if this person asked for it."""
    return Export.objects.filter(pk=export_id, actor=actor).select_related("file").first()
