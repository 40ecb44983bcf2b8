"""The row lock of this app: whoever moves an import holds its row, for one short transaction."""

from membership.imports.models import Import


def hold(import_id: int, *states: str) -> Import | None:
    """The import, locked, if it is in one of these states and nobody else moves it now. A worker never waits."""
    return (
        Import.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=import_id, state__in=states).first()
    )


def lock(import_id: int) -> Import | None:
    """The import, locked; waits for the worker's present batch. None when there is none."""
    return Import.objects.select_for_update(no_key=True).filter(pk=import_id).first()
