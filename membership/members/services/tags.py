"""Tags: the chain's own words for its members."""

from collections.abc import Iterable
from typing import Final

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import DomainError
from membership.members import locks
from membership.members.domain import TagColour
from membership.members.models import Member, MemberTag, Tag
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require

_LONGEST_NAME: Final = 20


class InvalidTag(DomainError):
    """A tag has a name of 1–20 characters."""

    code = "invalid_tag"
    status = 400
    message = _("标签名称须为 1 到 20 个字。")


class TagTaken(DomainError):
    """There is a tag of this name, perhaps a retired one."""

    code = "tag_taken"
    status = 409
    message = _("已有名为“{name}”的标签（可能已停用）。")


class TagNotFound(DomainError):
    """No such tag, or it is retired."""

    code = "tag_not_found"
    status = 404
    message = _("没有这个标签，或已停用。")


def define_tag(*, actor: Actor, name: str, colour: TagColour = TagColour.PLAIN) -> Tag:
    """Add a word to the chain's tags.

    Raises:
        NotAllowed, InvalidTag, TagTaken
    """
    require(actor, Act.MEMBER_CREATE)
    name = _checked(name)
    try:
        with transaction.atomic():
            tag = Tag.objects.create(name=name, colour=colour)
    except IntegrityError:
        raise TagTaken(name=name) from None
    record(actor, "tag.create", object_type="tag", object_id=tag.pk, detail={"name": name})
    return tag


def edit_tag(*, actor: Actor, tag_id: int, name: str, colour: TagColour, retired: bool) -> Tag:
    """Rename, recolour or retire a tag. Members who wear a retired one keep it.

    Raises:
        NotAllowed, TagNotFound, InvalidTag, TagTaken
    """
    require(actor, Act.MEMBER_CREATE)
    tag = Tag.objects.select_for_update(no_key=True).filter(pk=tag_id).first()
    if tag is None:
        raise TagNotFound
    tag.name, tag.colour, tag.retired = _checked(name), colour, retired
    try:
        with transaction.atomic():
            tag.save()
    except IntegrityError:
        raise TagTaken(name=tag.name) from None
    record(actor, "tag.edit", object_type="tag", object_id=tag.pk, detail={"name": tag.name})
    return tag


def set_tags(*, actor: Actor, code: str, tag_ids: Iterable[int], store_id: int) -> Member:
    """Let the member wear exactly these tags; a retired one that she wears already may stay.

    Raises:
        NotAllowed, MemberNotFound, MemberMerged, TagNotFound
    """
    require(actor, Act.MEMBER_CREATE, store_id=store_id)
    member = locks.lock_member(code.strip().upper())
    wanted = set(tag_ids)
    worn = dict(MemberTag.objects.filter(member=member).values_list("tag_id", "tag__name"))
    added = dict(Tag.objects.filter(pk__in=wanted - worn.keys(), retired=False).values_list("pk", "name"))
    if added.keys() != wanted - worn.keys():
        raise TagNotFound
    gone = worn.keys() - wanted
    if not added and not gone:
        return member
    MemberTag.objects.filter(member=member, tag_id__in=gone).delete()
    now, by = clock.now(), actor.name or str(actor)
    MemberTag.objects.bulk_create(
        MemberTag(member=member, tag_id=tag_id, added_at=now, added_by=by) for tag_id in sorted(added)
    )
    detail = {"added_tags": sorted(added.values()), "removed_tags": sorted(worn[tag_id] for tag_id in gone)}
    record(actor, "member.tags", object_type="member", object_id=member.code, store_id=store_id, detail=detail)
    return member


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise InvalidTag
    return name
