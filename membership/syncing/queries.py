"""What is known here of the members that a batch names: a query for each question, whatever their number."""

from collections import defaultdict
from collections.abc import Collection

from kernel.crypto import blind_indexes
from membership.members.models import IdDocument, Member
from membership.members.queries import present_members
from membership.syncing.models import EXTERNAL_NUMBER, ExternalNumber

Paper = tuple[str, str]
"""An ID document: its kind, and a blind index of its number."""


def linked(numbers: Collection[str]) -> dict[str, int]:
    """The members' keys by external number, those of the forgotten among them."""
    known_as = {number: number for number in numbers}
    known_as |= {index: number for number in numbers for index in blind_indexes(number, purpose=EXTERNAL_NUMBER)}
    found = ExternalNumber.objects.filter(number__in=list(known_as)).values_list("number", "member_id")
    return {known_as[number]: member_id for number, member_id in found}


def survivors(codes: Collection[str]) -> dict[str, int]:
    """The members' keys by code; the code of one who was merged leads to the other."""
    found = Member.objects.filter(code__in=codes).values_list("code", "pk", "merged_into_id") if codes else ()
    return {code: merged_into or pk for code, pk, merged_into in found}


def alike(phones: Collection[str]) -> dict[tuple[str, str], str]:
    """The codes of the members with these telephones, the oldest of each name, by name and telephone."""
    found = present_members().filter(phone__in=phones).order_by("-pk").values_list("name", "phone", "code")
    return {(name, phone): code for name, phone, code in found}


def papers_of(member_ids: Collection[int]) -> dict[int, dict[str, IdDocument]]:
    """The members' ID documents, by kind."""
    found: dict[int, dict[str, IdDocument]] = defaultdict(dict)
    for document in IdDocument.objects.filter(member_id__in=member_ids):
        found[document.member_id][document.kind] = document
    return found


def holders(indexes: Collection[str]) -> dict[Paper, list[tuple[int, str]]]:
    """Who has shown documents with these numbers: key and code, by document."""
    found: dict[Paper, list[tuple[int, str]]] = defaultdict(list)
    rows = IdDocument.objects.filter(number_index__in=indexes, member__merged_into=None).order_by("member_id")
    for kind, index, member_id, code in rows.values_list("kind", "number_index", "member_id", "member__code"):
        found[kind, index].append((member_id, code))
    return found
