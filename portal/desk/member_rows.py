"""What the pages about members and vehicles show."""

from collections.abc import Iterable
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kernel import clock
from kernel.clock import CHINA
from membership.members.domain import OWN_PROOF, ConsentSource, next_lunar_birthday, next_solar_birthday
from membership.members.models import Consent, IdDocument, Member, Tag
from membership.members.services import IdCheck, IdCheckOutcome
from membership.vehicles.domain import is_new_energy, spoken_plate
from membership.vehicles.models import Vehicle
from membership.vehicles.services import PROBLEMS, enrolment_problems
from portal.rows import Row, member_row


def listed_member(member: Member) -> Row:
    """A member as the list shows her: with her tags, read beforehand."""
    worn = getattr(member, "worn", [])
    return member_row(member) | {
        "category": member.category,
        "category_label": member.get_category_display(),
        "tags": [tag_row(use.tag) for use in worn],
    }


def full_member(member: Member) -> Row:
    """A member as her own page shows her. ID numbers are not here."""
    today = clock.today()
    lunar = member.lunar_birthday
    return listed_member(member) | {
        "store_name": member.store.name,
        "landline": member.landline,
        "email": member.email,
        "address": member.address,
        "lunar_birthday": str(lunar) if lunar else "",
        "next_birthday": next_solar_birthday(member.birthday, on_or_after=today) if member.birthday else None,
        "next_lunar_birthday": next_lunar_birthday(lunar, on_or_after=today) if lunar else None,
        "erased_at": member.erased_at,
        "retained_until": member.retained_until,
    }


def tag_row(tag: Tag) -> Row:
    """A tag: its name and the class of its colour."""
    return {"id": tag.pk, "name": tag.name, "colour": tag.colour, "retired": tag.retired}


def document_row(document: IdDocument) -> Row:
    """A document, its number masked."""
    return {
        "kind": document.kind,
        "kind_label": document.get_kind_display(),
        "masked": document.masked,
        "seen_at": document.seen_at,
        "seen_by": document.seen_by,
        "original_seen": document.original_seen,
    }


def _proof_words(consent: Consent) -> str:
    """Where a consent's proof is found, for people to read: one given by herself names the log-in she gave it in."""
    session = consent.proof.removeprefix(OWN_PROOF)
    if consent.given_how == ConsentSource.PORTAL and session != consent.proof:
        return _("会员本人登录门户后确认（登录记录 {number}）").format(number=session)
    return consent.proof


def consent_row(consent: Consent) -> Row:
    """A consent and its proof."""
    return {
        "purpose": consent.purpose,
        "purpose_label": consent.get_purpose_display(),
        "channel": consent.channel,
        "channel_label": consent.get_channel_display(),
        "version": consent.wording.version,
        "text": consent.wording.text,
        "given_at": consent.given_at,
        "given_how": consent.get_given_how_display(),
        "given_to": consent.given_to,
        "proof": _proof_words(consent),
        "withdrawn_at": consent.withdrawn_at,
        "withdrawn_to": consent.withdrawn_to,
    }


def vehicle_row(vehicle: Vehicle) -> Row:
    """A vehicle, read with its owner and repair centres."""
    return {
        "id": vehicle.pk,
        "plate": spoken_plate(vehicle.plate),
        "is_new_energy": is_new_energy(vehicle.plate),
        "vin": vehicle.vin,
        "model_name": vehicle.model_name,
        "registered_on": vehicle.registered_on,
        "owner_name": vehicle.owner.name if vehicle.owner else "",
        "owner_code": vehicle.owner.code if vehicle.owner else "",
        "centres": [centre.store.name for centre in vehicle.repair_centres.all()],
        "title": spoken_plate(vehicle.plate) or vehicle.vin,
    }


def own_vehicle_rows(vehicles: Iterable[Vehicle], *, member: Member, store_id: int | None) -> list[Row]:
    """A member's vehicles, each with what keeps it from being enrolled in this store (R-B06)."""
    rows: list[dict[str, Any]] = []
    for vehicle in vehicles:
        problems = enrolment_problems(vehicle, member=member, store_id=store_id) if store_id is not None else []
        rows.append(vehicle_row(vehicle) | {"problems": [PROBLEMS[problem] for problem in problems]})
    return rows


def said_of(check: IdCheck) -> tuple[str, str]:
    """The tone of a notice, and what it says of a comparison."""
    if check.outcome is IdCheckOutcome.MATCH:
        return "good", _("证件号码一致。")
    if check.outcome is IdCheckOutcome.NO_DOCUMENT:
        return "warn", _("还没有登记这种证件，无从核对。")
    if check.outcome is IdCheckOutcome.PAUSED and check.paused_until is not None:
        moment = date_format(check.paused_until.astimezone(CHINA), "H:i:s")
        return "bad", _("多次不一致，暂停核对到 %(moment)s。这一次没有比对。") % {"moment": moment}
    return "bad", _("证件号码不一致。请逐位核对后再试；多次不一致会暂停核对。")
