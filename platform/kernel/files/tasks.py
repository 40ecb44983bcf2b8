"""Celery's way to the files."""

from kernel.files import services
from kernel.tasks import schema_task


@schema_task("files.sweep")
def sweep(schema_name: str) -> None:
    """Delete the files of a chain whose time is over."""
    services.sweep(schema_name)
