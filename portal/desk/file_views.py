"""Private files on their way to the person who asked: streamed as they are opened, never a path of the storage."""

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kernel.files.models import StoredFile
from kernel.files.services import contents, file_behind, link_token
from portal.desk.access import Desk, DeskRequest, staff_only
from portal.downloads import as_download


def link_to(desk: Desk, kept: StoredFile | None) -> str | None:
    """An address where this person may fetch the file within minutes; None when there is none (any more)."""
    if kept is None or kept.deleted_at is not None:
        return None
    return reverse("desk:file_download", args=[link_token(kept, holder=str(desk.actor))])


@require_safe
@never_cache
@staff_only()
def download(request: DeskRequest, token: str) -> HttpResponseBase:
    """A file, to whom the link was given: the page that gave it asked what she may see.

    Raises:
        LinkExpired, FileGone
    """
    kept = file_behind(token, holder=str(request.desk.actor))
    return as_download(contents(kept), filename=kept.filename, content_type=kept.content_type, size=kept.size)
