"""What is a member's: telephone numbers, ID documents, birthdays, the words of her record. No database, no clock."""

from membership.members.domain.identity import (
    DocumentKind,
    InvalidIdNumber,
    birth_date_of,
    document_kind_called,
    masked_name,
    masked_number,
    normalise_id_number,
)
from membership.members.domain.kinds import (
    Category,
    ConsentChannel,
    ConsentPurpose,
    ConsentSource,
    TagColour,
)
from membership.members.domain.lunar import (
    InvalidLunarDate,
    LunarBirthday,
    lunar_of,
    next_lunar_birthday,
    next_solar_birthday,
)
from membership.members.domain.phones import (
    CODE_DIGITS,
    CODE_PREFIX,
    InvalidLandline,
    InvalidPhone,
    is_mobile,
    masked_phone,
    member_code,
    national,
    normalise_landline,
    normalise_phone,
)

__all__ = [
    "CODE_DIGITS",
    "CODE_PREFIX",
    "Category",
    "ConsentChannel",
    "ConsentPurpose",
    "ConsentSource",
    "DocumentKind",
    "InvalidIdNumber",
    "InvalidLandline",
    "InvalidLunarDate",
    "InvalidPhone",
    "LunarBirthday",
    "TagColour",
    "birth_date_of",
    "document_kind_called",
    "is_mobile",
    "lunar_of",
    "masked_name",
    "masked_number",
    "masked_phone",
    "member_code",
    "national",
    "next_lunar_birthday",
    "next_solar_birthday",
    "normalise_id_number",
    "normalise_landline",
    "normalise_phone",
]
