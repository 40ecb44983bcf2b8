"""Row locks of this app: a kind's counter of the day, or one document; nothing of it is locked after anything else."""

from datetime import date

from django.db import connection

from membership.documents.errors import DocumentNotFound
from membership.documents.models import Document


def next_serial(kind: str, day: date) -> int:
    """Count the kind's documents of the day up by one. Others who begin one wait until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO documents_documentcounter (kind, day, last) VALUES (%s, %s, 1)"
            " ON CONFLICT (kind, day) DO UPDATE SET last = documents_documentcounter.last + 1 RETURNING last",
            [kind, day],
        )
        (serial,) = cursor.fetchone()
    return int(serial)


def lock_document(number: str) -> Document:
    """The document, locked, with its store.

    Raises:
        DocumentNotFound
    """
    documents = Document.objects.select_for_update(no_key=True, of=("self",)).select_related("store")
    try:
        return documents.get(number=number.strip().upper())
    except Document.DoesNotExist:
        raise DocumentNotFound(number=number) from None
