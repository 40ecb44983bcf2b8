"""What the addresses of version 1 take and answer. Amounts are whole fen (CNY 0.01)."""

from datetime import date, datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from api.wire import Body, Shape
from membership.syncing.domain import ROWS_MAX, Mark

BATCH_LIMIT: Final = 1000
MEMBERS_LIMIT: Final = ROWS_MAX

CardNumber = Annotated[str, Meta(pattern=r"^[0-9A-Za-z-]{1,32}$", description="The number on the card.")]
StoreCode = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]{1,20}$", description="The store where it happened.")]
Reference = Annotated[
    str, Meta(pattern=r"^[^\x00-\x1f\x7f]{0,64}$", description="Your own number for it; shown on the card's record.")
]
Plate = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x1f\x7f]{0,16}$",
        description="The plate of the vehicle served. A card bound to a vehicle wants it, or the VIN.",
    ),
]
Vin = Annotated[
    str, Meta(pattern=r"^[0-9A-Za-z]{0,17}$", description="The vehicle identification number of the vehicle served.")
]
Pin = Annotated[
    str,
    Meta(
        pattern=r"^([0-9]{6})?$",
        description="The card's PIN, as its holder typed it just now; read only where the card asks for it. "
        "Never keep it.",
    ),
]
Key = Annotated[str, Meta(pattern=r"^[\x21-\x7e]{1,200}$", description="As the `Idempotency-Key` header.")]
Moment = Annotated[
    datetime, Meta(tz=True, description="When it happened, with an offset; now if absent. At most 7 days ago.")
]
ExternalNumber = Annotated[
    str, Meta(pattern=r"^[^\s\x00-\x1f\x7f]{1,64}$", description="Your own number for the member: it never changes.")
]
MemberName = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]{1,60}$", description="Her name.")]
Phone = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x1f\x7f]{1,32}$",
        description="Her telephone: 11 digits, a landline with its area code, or with `+` from abroad.",
    ),
]
MemberCode = Annotated[
    str,
    Meta(
        pattern=r"^(M[0-9]{1,12})?$",
        description="The code of a member who is here already and shall have this external number.",
    ),
]
IdNumber = Annotated[
    str, Meta(pattern=r"^[^\x00-\x1f\x7f]{1,40}$", description="Sealed at once, and nowhere shown in full by the API.")
]
Landline = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]{0,40}$", description="A landline with its area code.")]
Email = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]{0,254}$", description="An e-mail address.")]
Address = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]{0,200}$", description="A postal address.")]
# Not bounded here: zero, negative and too much have codes of their own, which tills act on.
AmountFen = Annotated[int, Meta(description="More than 0. 1990 is CNY 19.90.")]


class ConsumptionBody(Body):
    """A consumption to be taken from a card."""

    card_number: CardNumber
    amount_fen: AmountFen
    store_code: StoreCode
    reference: Reference = ""
    plate: Plate = ""
    vin: Vin = ""
    pin: Pin = ""
    occurred_at: Moment | None = None

    def __repr__(self) -> str:
        # What is shown of a request must not show the PIN.
        return f"{type(self).__name__}({self.card_number!r}, {self.amount_fen!r})"


class ConsumptionItem(Body):
    """One consumption of a batch, with its own key. It takes no PIN: who keeps consumptions must not keep PINs."""

    idempotency_key: Key
    card_number: CardNumber
    amount_fen: AmountFen
    reference: Reference = ""
    plate: Plate = ""
    vin: Vin = ""
    occurred_at: Moment | None = None


class BatchBody(Body):
    """Consumptions of one store, in the order they happened."""

    store_code: StoreCode
    items: Annotated[list[ConsumptionItem], Meta(min_length=1, max_length=BATCH_LIMIT)]


class IdDocument(Body):
    """An ID document. It counts as not seen: the desk compares it with the document itself."""

    kind: Literal["ID_CARD", "PASSPORT", "MILITARY", "TRAVEL_PERMIT", "FOREIGN_RESIDENT"]
    number: IdNumber

    def __repr__(self) -> str:
        # What is shown of a request must not show the number.
        return f"{type(self).__name__}({self.kind!r})"


class MemberItem(Body):
    """A member as your software knows her. What is absent or null is left as it is; an empty text clears it."""

    external_number: ExternalNumber
    name: MemberName
    phone: Phone
    member_code: MemberCode = ""
    birthday: Annotated[date | None, Meta(description="As `1985-03-17`.")] = None
    landline: Landline | None = None
    email: Email | None = None
    address: Address | None = None
    id_document: IdDocument | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.external_number!r})"


class MembersBody(Body):
    """Members that one store files or corrects."""

    store_code: StoreCode
    items: Annotated[list[MemberItem], Meta(min_length=1, max_length=MEMBERS_LIMIT)]


class Drawn(Shape):
    """What left the card, by where it came from: paid in, or given with a top-up."""

    principal_fen: int
    bonus_fen: int


class Consumption(Shape):
    """A consumption that is in the books. Asking again with the same key answers this again, word for word."""

    id: UUID
    card_number: str
    amount_fen: int
    balance_after_fen: int
    drawn: Drawn
    store_code: str
    reference: str
    charged_calls: Annotated[int, Meta(description="Calls that this request is billed as. Repetitions are free.")]


class PastConsumption(Shape):
    """A consumption as it stands on the card's record."""

    id: UUID
    card_number: str
    amount_fen: int
    balance_after_fen: int
    drawn: Drawn
    store_code: str
    reference: str
    occurred_at: datetime


class Error(Shape):
    """Why nothing was done. The code is stable; the message is for people, in the language asked for."""

    code: str
    message: str
    params: dict[str, str | int | float | bool | None]
    request_id: str


class ErrorAnswer(Shape):
    """How every refusal is answered."""

    error: Error


class ItemOutcome(Shape, omit_defaults=True):
    """What became of one item: either a consumption or an error. ``status`` is what it would have got by itself."""

    idempotency_key: str
    status: int
    replayed: bool = False
    consumption: Consumption | UnsetType = UNSET
    error: Error | UnsetType = UNSET


class BatchOutcome(Shape):
    """One outcome per item, in the order of the items. One refusal harms no other."""

    outcomes: list[ItemOutcome]
    charged_calls: int


class MemberOutcome(Shape, omit_defaults=True):
    """What became of one member: her code here, or an error. ``status``: 201 filed, 200 known, else the error's."""

    external_number: str
    status: int
    outcome: Mark
    member_code: str = ""
    error: Error | UnsetType = UNSET


class MembersOutcome(Shape):
    """One outcome for each member, in their order. One refusal harms no other."""

    outcomes: list[MemberOutcome]
    charged_calls: Annotated[
        int, Meta(description="Calls that this is billed as: one for each started 1,000 members who were not refused.")
    ]


class Balance(Shape):
    """What may be spent now, and its parts."""

    total_fen: int
    principal_fen: int
    bonus_fen: int


class CardState(Shape):
    """A card as a till needs to see it."""

    number: str
    status: str
    usable: Annotated[bool, Meta(description="Whether a consumption would be accepted now, balance aside.")]
    refusal_code: Annotated[str | None, Meta(description="The code a consumption would be refused with.")]
    holder: Annotated[str, Meta(description="The holder's name, masked.")]
    level: str
    valid_until: str | None
    account_valid_until: str | None
    pin_above_fen: Annotated[
        int | None, Meta(description="The PIN is asked for more than this; 0: always; null: never.")
    ]
    vehicle_bound: Annotated[bool, Meta(description="Whether it pays for one vehicle only: `plate` or `vin` is asked.")]
    balance: Balance
