"""Preparing price books: one of the platform's staff prepares the next, another approves it. In the public schema; each
requires an open transaction.

What was prepared never changes: a slip is withdrawn and prepared anew, so what is approved is what was read.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from django.db import IntegrityError, transaction

from billing.pricebook.domain import ModulePrice, PriceBook
from billing.pricebook.errors import BookDayTaken, BookDecided, BookNotFound, BookOwn, BookTooSoon, BookVersionTaken
from billing.pricebook.locks import lock_books
from billing.pricebook.models import Book, Price
from billing.pricebook.queries import forget_books
from kernel import clock
from tenants.audit.services import record
from tenants.people.domain import Actor, require_platform

NOTICE: Final = timedelta(days=7)
"""How long before its first day a book is approved at the latest: owners are told at once, and have so many days to
read it and to change what they are subscribed to (电子商务法 art. 34 asks a platform for seven).
"""


def prepare_book(*, actor: Actor, version: str, effective_from: date, prices: Iterable[ModulePrice]) -> Book:
    """Prepare a book of all 60 prices, from a later day on. It holds for nobody until another approves it.

    Raises:
        NotAllowed, BookVersionTaken, BookTooSoon
        IncompletePriceBook: a price is missing, given twice, or negative.
    """
    require_platform(actor)
    _check_day(effective_from)
    whole = PriceBook.of(version=version, effective_from=effective_from, prices=prices)
    try:
        with transaction.atomic():
            book = Book.objects.create(
                version=version, effective_from=effective_from, prepared_by=str(actor), prepared_at=clock.now()
            )
    except IntegrityError as error:
        raise BookVersionTaken(version=version) from error
    Price.objects.bulk_create(
        Price(
            book=book,
            module=price.module,
            plan=price.plan.value,
            setup_fen=price.setup_fen,
            monthly_fen=price.monthly_fen,
            per_call_fen=price.per_call_fen,
        )
        for price in whole.prices.values()
    )
    detail = {"effective_from": str(effective_from)}
    record(actor, "pricebook.prepare", object_type="price_book", object_id=version, detail=detail)
    return book


def approve_book(*, actor: Actor, version: str) -> Book:
    """Approve it: from its day on, periods that begin are charged by it.

    Raises:
        NotAllowed, BookNotFound, BookDecided, BookTooSoon, BookDayTaken
        BookOwn: four eyes.
    """
    require_platform(actor)
    book = _undecided(version)
    if book.prepared_by == str(actor):
        raise BookOwn
    _check_day(book.effective_from)
    rival = Book.objects.filter(effective_from=book.effective_from, approved_at__isnull=False).first()
    if rival is not None:
        raise BookDayTaken(day=book.effective_from, version=rival.version)
    book.approved_by, book.approved_at = str(actor), clock.now()
    book.save(update_fields=["approved_by", "approved_at"])
    detail = {"effective_from": str(book.effective_from)}
    record(actor, "pricebook.approve", object_type="price_book", object_id=version, detail=detail)
    transaction.on_commit(forget_books)
    return book


def withdraw_book(*, actor: Actor, version: str) -> Book:
    """Take back a book that nobody has approved; its name is not used again.

    Raises:
        NotAllowed, BookNotFound, BookDecided
    """
    require_platform(actor)
    book = _undecided(version)
    book.withdrawn_by, book.withdrawn_at = str(actor), clock.now()
    book.save(update_fields=["withdrawn_by", "withdrawn_at"])
    record(actor, "pricebook.withdraw", object_type="price_book", object_id=version)
    return book


def earliest_day() -> date:
    """The first day from which a book that is approved today may hold."""
    return clock.today() + NOTICE


def _check_day(day: date) -> None:
    if day < earliest_day():
        raise BookTooSoon(earliest=earliest_day())


def _undecided(version: str) -> Book:
    book = next((book for book in lock_books() if book.version == version), None)
    if book is None:
        raise BookNotFound
    if book.approved_at is not None or book.withdrawn_at is not None:
        raise BookDecided
    return book
