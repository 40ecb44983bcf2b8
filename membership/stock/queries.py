"""Where blank cards lie: by store and level, as runs of consecutive numbers, and what is due."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import Length

from kernel import clock
from kernel.calendar import add_months, add_working_days, start_of
from kernel.holidays import CLOSED, WORKED
from membership.cards.domain import CardStatus, tidy_number
from membership.cards.models import Card
from membership.documents.domain import DocumentState
from membership.documents.models import Document
from membership.stock.domain import CountCycle, PlaceState, Run, Span
from membership.stock.errors import ListUnreadable, NotInRange, RangeNotFound
from membership.stock.models import CardPlace, CardRange, Drawing, StockPolicy, WorkDay

MAKING_KIND: Final = "MAKING_REQUEST"
DELIVERY_KIND: Final = "DELIVERY"
TRANSFER_KIND: Final = "STOCK_TRANSFER"
COUNT_KIND: Final = "STOCK_COUNT"
DESTRUCTION_KIND: Final = "DESTRUCTION"


def policy() -> StockPolicy:
    """What the chain has chosen; the defaults where it has chosen nothing."""
    return StockPolicy.objects.filter(pk=StockPolicy.ONLY).first() or StockPolicy()


def workdays_from(day: date) -> list[WorkDay]:
    """What the chain said of that day and those after it."""
    return list(WorkDay.objects.filter(day__gte=day).order_by("day"))


def working_days_after(day: date, days: int) -> date:
    """The day that is so many working days after ``day``, as the chain works: the built-in calendar, and over it what
    the chain said itself (R-F07). One query.
    """
    said = workdays_from(day)
    worked = {one.day for one in said if one.worked}
    closed = {one.day for one in said if not one.worked}
    return add_working_days(day, days, closed=(CLOSED - worked) | closed, worked=(WORKED - closed) | worked)


# ── Ranges ────────────────────────────────────────────────────────────────────────────────────────────────────────


def ranges(*, level_code: str = "", text: str = "") -> QuerySet[CardRange]:
    """Ranges with their type and level, those that hold cards of these numbers or levels."""
    found = CardRange.objects.select_related("type", "level")
    if level_code:
        found = found.filter(level__code=level_code)
    if text:
        found = found.filter(Q(first__lte=text, last__gte=text) | Q(first__startswith=text) | Q(request=text))
    return found


def page_of_ranges(found: QuerySet[CardRange], *, size: int, before_id: int | None = None) -> list[CardRange]:
    """The latest ``size`` ranges made before that one. One query on any page."""
    if before_id is not None:
        found = found.filter(pk__lt=before_id)
    return list(found.order_by("-pk")[:size])


def get_range(range_id: int) -> CardRange:
    """The range.

    Raises:
        RangeNotFound
    """
    try:
        return CardRange.objects.select_related("type", "level").get(pk=range_id)
    except CardRange.DoesNotExist:
        raise RangeNotFound from None


def counts_of_ranges(range_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """How many cards of each of these ranges lie in each state. One query."""
    rows = CardPlace.objects.filter(range_id__in=list(range_ids)).values_list("range_id", "state")
    found: dict[int, dict[str, int]] = {}
    for range_id, state, number in rows.annotate(Count("card")).order_by():
        found.setdefault(range_id, {})[state] = number
    return found


# ── Stock by store ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class StockLine:
    """The cards of one level and type in one store, or in the central stock (None), by state."""

    store_id: int | None
    level_name: str
    type_name: str
    counts: Mapping[str, int]


def overview(*, stores: frozenset[int] | None) -> list[StockLine]:
    """How many cards lie where; only in these stores, or everywhere (None), the central stock first. One query."""
    found = CardPlace.objects.all() if stores is None else CardPlace.objects.filter(store_id__in=sorted(stores))
    keys = ("store_id", "range__level__rank", "range__level__name", "range__type__name")
    rows = found.values_list(*keys, "state").annotate(Count("card")).order_by()
    lines: dict[tuple[Any, ...], dict[str, int]] = {}
    for store_id, rank, level, type_name, state, number in rows:
        lines.setdefault((store_id or 0, rank, level, type_name), {})[state] = number
    return [
        StockLine(store_id or None, level, type_name, counts)
        for (store_id, _rank, level, type_name), counts in sorted(lines.items(), key=lambda line: line[0])
    ]


def stock_of_store(store_id: int | None) -> list[dict[str, Any]]:
    """The blank cards of a store (None: of the whole chain) by level, as a making request tells them (R-F02)."""
    blank = [PlaceState.STORE, PlaceState.DRAWN, PlaceState.TRANSIT]
    found = CardPlace.objects.filter(state__in=blank if store_id is not None else [PlaceState.CENTRAL, *blank])
    if store_id is not None:
        found = found.filter(store_id=store_id)
    rows = found.values_list("range__level__rank", "range__level__name").annotate(Count("card")).order_by()
    return [{"level": name, "quantity": number} for _rank, name, number in sorted(rows)]


# ── Runs of consecutive cards ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive cards of a range that lie together."""

    run: Run
    state: str
    store_id: int | None
    released_at: datetime | None
    first: str
    last: str
    level_name: str
    type_name: str

    @property
    def quantity(self) -> int:
        """How many cards."""
        return len(self.run)

    @property
    def state_label(self) -> str:
        """The name of the state."""
        return str(PlaceState(self.state).label)


_SEGMENTS: Final = """
    SELECT island.*, low.number, high.number, level.name, type.name
    FROM (
        SELECT range_id, state, store_id, released_at, min(position) AS first, max(position) AS last
        FROM (
            SELECT place.*, position - row_number() OVER (
                PARTITION BY range_id, state, store_id, released_at ORDER BY position) AS gap
            FROM stock_cardplace AS place
            WHERE (%(ranges)s::bigint[] IS NULL OR range_id = ANY(%(ranges)s))
                AND (%(states)s::text[] IS NULL OR state = ANY(%(states)s))
                AND (%(store)s::bigint IS NULL OR store_id = %(store)s)
        ) AS kept
        GROUP BY range_id, state, store_id, released_at, gap
    ) AS island
    JOIN stock_cardplace AS a ON a.range_id = island.range_id AND a.position = island.first
    JOIN cards_card AS low ON low.id = a.card_id
    JOIN stock_cardplace AS b ON b.range_id = island.range_id AND b.position = island.last
    JOIN cards_card AS high ON high.id = b.card_id
    JOIN stock_cardrange AS range ON range.id = island.range_id
    JOIN cards_cardlevel AS level ON level.id = range.level_id
    JOIN cards_cardtype AS type ON type.id = range.type_id
    ORDER BY low.number
    LIMIT %(limit)s"""


def segments(
    *,
    range_id: int | None = None,
    store_id: int | None = None,
    states: Sequence[PlaceState] | None = None,
    limit: int | None = None,
) -> list[Segment]:
    """Cards that lie together, by number: of a range, of a store, in these states. One query."""
    given = {
        "ranges": None if range_id is None else [range_id],
        "states": None if states is None else [state.value for state in states],
        "store": store_id,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SEGMENTS, given)
        rows = cursor.fetchall()
    return [Segment(Run(row[0], row[4], row[5]), row[1], row[2], row[3], *row[6:10]) for row in rows]


_ENDS: Final = """
    SELECT span.first, span.last, low.id, high.id, a.range_id, a.position, b.range_id, b.position
    FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS span (first, last, line)
    LEFT JOIN cards_card AS low ON low.number = span.first
    LEFT JOIN cards_card AS high ON high.number = span.last
    LEFT JOIN stock_cardplace AS a ON a.card_id = low.id
    LEFT JOIN stock_cardplace AS b ON b.card_id = high.id
    ORDER BY span.line"""


@dataclass(frozen=True, slots=True)
class Found:
    """The cards a list names: runs of ranges, and single cards that belong to none."""

    runs: list[Run]
    loose: list[str]


def find_spans(spans: Sequence[Span]) -> Found:
    """The cards these spans name. One query.

    Raises:
        ListUnreadable: names the first that is no card.
        NotInRange: names the first span whose ends are not two cards of one range, in order.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ENDS, [[span.first for span in spans], [span.last for span in spans]])
        rows = cursor.fetchall()
    found = Found([], [])
    for first, last, low, high, range_id, start, last_range, end in rows:
        if low is None or high is None:
            raise ListUnreadable(text=first if low is None else last)
        if range_id is None and first == last:
            found.loose.append(first)
        elif range_id is None or range_id != last_range or start > end:
            raise NotInRange(first=first, last=last)
        else:
            found.runs.append(Run(range_id, start, end))
    return found


_NUMBERS: Final = """
    SELECT low.number, high.number
    FROM unnest(%s::bigint[], %s::int[], %s::int[]) WITH ORDINALITY AS run (range_id, first, last, line)
    JOIN stock_cardplace AS a ON a.range_id = run.range_id AND a.position = run.first
    JOIN cards_card AS low ON low.id = a.card_id
    JOIN stock_cardplace AS b ON b.range_id = run.range_id AND b.position = run.last
    JOIN cards_card AS high ON high.id = b.card_id
    ORDER BY run.line"""


def card_ids_of(runs: Sequence[Run]) -> list[int]:
    """The keys of the cards in these runs. One query, however many runs."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT place.card_id FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS run (range_id, first, last)"
            " JOIN stock_cardplace AS place ON place.range_id = run.range_id"
            " AND place.position BETWEEN run.first AND run.last ORDER BY 1",
            [[run.range_id for run in runs], [run.first for run in runs], [run.last for run in runs]],
        )
        return [card_id for (card_id,) in cursor.fetchall()]


def numbers_of(runs: Sequence[Run]) -> list[Span]:
    """The numbers at the ends of these runs, in their order. One query."""
    if not runs:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            _NUMBERS, [[run.range_id for run in runs], [run.first for run in runs], [run.last for run in runs]]
        )
        return [Span(first, last) for first, last in cursor.fetchall()]


def asked_for(number: str) -> int | None:
    """How many cards a making request asks for; None for a number that names none."""
    request = Document.objects.filter(kind=MAKING_KIND, number=number.strip().upper()).first()
    return None if request is None else int(request.payload["quantity"])


_UNPLACED: Final = """
    SELECT card.id FROM unnest(%s::text[], %s::text[]) AS span (first, last)
    JOIN cards_card AS card ON card.number BETWEEN span.first AND span.last
        AND length(card.number) = length(span.first) AND length(card.number) = length(span.last)
    WHERE card.status = %s AND NOT EXISTS (SELECT FROM stock_cardplace AS place WHERE place.card_id = card.id)
    GROUP BY card.id ORDER BY card.id LIMIT %s"""


def unplaced() -> QuerySet[Card]:
    """Blank cards under no stock control: they were made before there was one."""
    return Card.objects.filter(status=CardStatus.IDLE, place__isnull=True)


def unplaced_in(spans: Sequence[Span], *, limit: int) -> list[int]:
    """The keys of such cards whose numbers lie in these spans, ``limit`` at most. One query."""
    first, last = [span.first for span in spans], [span.last for span in spans]
    with connection.cursor() as cursor:
        cursor.execute(_UNPLACED, [first, last, CardStatus.IDLE.value, limit])
        return [card_id for (card_id,) in cursor.fetchall()]


# ── Registers and what is due ─────────────────────────────────────────────────────────────────────────────────────


def drawings(
    store_id: int, *, text: str = "", since: date | None = None, until: date | None = None
) -> QuerySet[Drawing]:
    """A store's drawings with their level: those of these days, both included, by whoever is called so or of this
    card.
    """
    found = Drawing.objects.filter(store_id=store_id).select_related("level")
    if since is not None:
        found = found.filter(at__gte=start_of(since))
    if until is not None:
        found = found.filter(at__lt=start_of(until + timedelta(days=1)))
    if text.strip():
        number = tidy_number(text)[:32]
        # Numbers of one length stand in the order of the cards.
        holds = Q(first__lte=number, last__gte=number, digits=len(number))
        found = found.alias(digits=Length("first")).filter(Q(drawn_by__contains=text.strip()) | holds)
    return found


def page_of_drawings(found: QuerySet[Drawing], *, size: int, before_id: int | None = None) -> list[Drawing]:
    """The latest ``size`` drawings before that one. One query on any page."""
    if before_id is not None:
        found = found.filter(pk__lt=before_id)
    return list(found.order_by("-pk")[:size])


def period_start(day: date, cycle: str) -> date:
    """The first day of the month or quarter that ``day`` is in."""
    first = day.replace(day=1)
    return first if cycle == CountCycle.MONTHLY else add_months(first, -((first.month - 1) % 3))


def counts_due(store_ids: Iterable[int]) -> dict[int, date | None]:
    """The stores that hold blank cards and were not counted in this period, with the day they last were (R-F06)."""
    wanted = list(store_ids)
    kept = CardPlace.objects.filter(store_id__in=wanted, state__in=[PlaceState.STORE, PlaceState.DRAWN])
    holding = set(kept.order_by().values_list("store_id", flat=True).distinct())
    done = Document.objects.filter(kind=COUNT_KIND, state=DocumentState.COMPLETED, store_id__in=sorted(holding))
    last = {store: at.astimezone(clock.CHINA).date() for store, at in _latest(done)}
    since = period_start(clock.today(), policy().count_cycle)
    return {store: last.get(store) for store in sorted(holding) if last.get(store, date.min) < since}


def _latest(done: QuerySet[Document]) -> Iterable[tuple[int, datetime]]:
    return done.order_by().values_list("store_id").annotate(Max("changed_at"))
