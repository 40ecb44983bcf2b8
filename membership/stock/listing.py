"""Lists of cards between what people type, runs, and what papers keep."""

from collections.abc import Iterable

from membership.stock.domain import LARGEST_LIST, Run, merged, read_spans
from membership.stock.errors import ListTooLong, NothingListed
from membership.stock.payloads import Listed
from membership.stock.queries import Found, find_spans, numbers_of


def read_list(text: str, *, may_be_empty: bool = False) -> Found:
    """The cards that a typed or scanned list names.

    Raises:
        NothingListed, ListTooLong, ListUnreadable, NotInRange
    """
    spans = read_spans(text)
    if not spans and not may_be_empty:
        raise NothingListed
    if len(spans) > LARGEST_LIST:
        raise ListTooLong(largest=LARGEST_LIST)
    return find_spans(spans)


def listed_of(runs: Iterable[Run]) -> list[Listed]:
    """These cards as papers keep them, in as few lines as can be. One query."""
    few = merged(runs)
    return [
        Listed(run.range_id, run.first, run.last, span.first, span.last)
        for run, span in zip(few, numbers_of(few), strict=True)
    ]


def runs_of(listed: Iterable[Listed]) -> list[Run]:
    """The runs that a paper keeps."""
    return [Run(line.range_id, line.first, line.last) for line in listed]
