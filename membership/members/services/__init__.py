"""Acts on members. Each requires a transaction of the chain."""

from membership.members.errors import (
    InvalidBirthday,
    InvalidEmail,
    InvalidName,
    InvalidReason,
    MemberErased,
    MemberMerged,
    MemberNotFound,
)
from membership.members.services.consents import (
    ConsentIncomplete,
    ConsentNotFound,
    InvalidWording,
    give_consent,
    has_consent,
    publish_wording,
    withdraw_consent,
)
from membership.members.services.erasure import (
    AlreadyErased,
    ErasureBlocked,
    erase_member,
    export_of,
    forget_retained,
    reveal_retained,
)
from membership.members.services.filing import Details, create_member, edit_details, edit_member, get_member
from membership.members.services.identity import (
    DocumentNotFound,
    IdCheck,
    IdCheckOutcome,
    record_document,
    remove_document,
    reveal_number,
    verify_identity,
)
from membership.members.services.merge import DifferentPersons, MergeWithHerself, merge_members
from membership.members.services.registration import (
    RegistrationIncomplete,
    check_registration,
    registration_problems,
)
from membership.members.services.tags import (
    InvalidTag,
    TagNotFound,
    TagTaken,
    define_tag,
    edit_tag,
    set_tags,
)

__all__ = [
    "AlreadyErased",
    "ConsentIncomplete",
    "ConsentNotFound",
    "Details",
    "DifferentPersons",
    "DocumentNotFound",
    "ErasureBlocked",
    "IdCheck",
    "IdCheckOutcome",
    "InvalidBirthday",
    "InvalidEmail",
    "InvalidName",
    "InvalidReason",
    "InvalidTag",
    "InvalidWording",
    "MemberErased",
    "MemberMerged",
    "MemberNotFound",
    "MergeWithHerself",
    "RegistrationIncomplete",
    "TagNotFound",
    "TagTaken",
    "check_registration",
    "create_member",
    "define_tag",
    "edit_details",
    "edit_member",
    "edit_tag",
    "erase_member",
    "export_of",
    "forget_retained",
    "get_member",
    "give_consent",
    "has_consent",
    "merge_members",
    "publish_wording",
    "record_document",
    "registration_problems",
    "remove_document",
    "reveal_number",
    "reveal_retained",
    "set_tags",
    "verify_identity",
    "withdraw_consent",
]
