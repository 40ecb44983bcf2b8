"""What applicants do: fill in, show that the telephone is theirs, take back (R-A11, R-H03)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from billing.subscriptions.entitlements import Entitled
from kernel import clock
from kernel.crypto import blind_index, encrypt
from kernel.files import services as files
from kernel.files.models import StoredFile
from kernel.pictures import clean_picture
from kernel.sms import services as sms
from membership.applications import links, locks, queries
from membership.applications.domain import ApplicationAct, ApplicationState, Handing, new_number
from membership.applications.errors import (
    AddressMissing,
    ApplicationsNotOffered,
    ApplicationsPaused,
    ChoiceNotOffered,
    ConsentMissing,
    DayFull,
    MobileNeeded,
    PhotoMissing,
    TermsChanged,
    TooManyOpen,
)
from membership.applications.models import Application, ApplicationTerms
from membership.applications.queries import DRAFTS_LAST, Offer
from membership.applications.services.codes import check_code, send_code
from membership.applications.services.steps import applicant, take_step
from membership.cards.models import CardLevel, CardType
from membership.members.domain import DocumentKind, is_mobile, masked_number, normalise_id_number, normalise_phone
from membership.members.errors import InvalidEmail, InvalidName
from membership.members.models import ID_NUMBER
from tenants.stores.models import Store

MOST_OPEN: Final = 3
"""Applications of one telephone that wait for a decision: a family's."""
RECEIVED: Final = "apply_received"

Choice = TypeVar("Choice", CardType, CardLevel)

_LONGEST_NAME: Final = 60
_SHORTEST_ADDRESS, _LONGEST_ADDRESS = 5, 200
_TEXT_LASTS: Final = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the form says, as typed. ``photo``: the file's bytes."""

    type_code: str
    level_code: str
    name: str
    phone: str
    document_kind: DocumentKind
    id_number: str
    handing: Handing
    store_id: int | None = None
    address: str = ""
    email: str = ""
    photo: bytes = b""
    terms_version: int | None = None
    """The version of the terms that she read and agreed to; None: she did not."""


def apply(*, chain: Entitled, wish: Wish, paused: bool = False) -> Application:
    """Keep what an applicant filled in, as a draft, and send a code to her telephone. ``paused``: the chain may promise
    nothing new for now.

    What is known of her otherwise (a member, another application) changes neither the answer nor its time.

    Raises:
        ApplicationsNotOffered, ApplicationsPaused, DayFull, ConsentMissing, TermsChanged
        ChoiceNotOffered, AddressMissing, PhotoMissing, InvalidName, MobileNeeded, InvalidPhone, InvalidEmail
        InvalidIdNumber, NotAPicture, PictureTooLarge, PictureTooSmall
    """
    offer = check_open(chain=chain, paused=paused)
    now = clock.now()
    terms = _agreed(wish.terms_version)
    name, phone = _name(wish.name), _mobile(wish.phone)
    number = normalise_id_number(wish.id_number, wish.document_kind, today=clock.today())
    card_type = _chosen(offer.types, wish.type_code)
    level = _chosen(offer.levels, wish.level_code)
    store, address = _whither(offer, card_type, wish)
    application = Application(
        type=card_type,
        level=level,
        name=name,
        phone=phone,
        email=_email(wish.email),
        document_kind=wish.document_kind,
        id_number=encrypt(number, purpose=ID_NUMBER),
        number_index=blind_index(number, purpose=ID_NUMBER),
        masked=masked_number(number),
        handing=wish.handing,
        store=store,
        address=address,
        terms=terms,
        agreed_at=now,
        created_at=now,
        photo=_photo(wish.photo, required=offer.policy.photo_required),
    )
    _number_and_save(application)
    send_code(application)
    return application


def check_open(*, chain: Entitled, paused: bool = False) -> Offer:
    """What may be applied for now.

    Raises:
        ApplicationsNotOffered, ApplicationsPaused, DayFull
    """
    if not queries.plan_has_applications(chain):
        raise ApplicationsNotOffered
    offer = queries.offer()
    if not offer.is_open:
        raise ApplicationsNotOffered
    if paused:
        raise ApplicationsPaused
    if queries.submitted_today() >= offer.policy.per_day:
        raise DayFull
    return offer


def send_code_again(*, application_id: int) -> None:
    """Send a new code for a draft. Whether one was sent is not said."""
    application = Application.objects.filter(pk=application_id, state=ApplicationState.DRAFT).first()
    if application is not None:
        send_code(application)


def submit(*, application_id: int, code: str, site_url: str) -> Application | None:
    """Put a draft on the desk's work list: the code proves that the telephone is the applicant's. None for a wrong
    code, which is counted.

    ``site_url``: the chain's own site, for the link in the message that the telephone gets.

    Raises:
        TooManyOpen, ApplicationStepForbidden
    """
    application = check_code(application_id=application_id, code=code)
    if application is None:
        return None
    open_now = Application.objects.filter(phone=application.phone, state=ApplicationState.SUBMITTED).count()
    if open_now >= MOST_OPEN:
        raise TooManyOpen(count=open_now)
    if application.photo_id is not None:
        # Until it is decided, or she takes it back.
        StoredFile.objects.filter(pk=application.photo_id).update(expires_at=None)
    take_step(applicant(application), application, ApplicationAct.SUBMIT, submitted_at=clock.now())
    text = _("已收到您的办卡申请 %(number)s，审核后短信通知。查看进度：%(link)s")
    tell(application, site_url=site_url, template=RECEIVED, text=text)
    return application


def withdraw(*, number: str) -> Application:
    """The applicant takes her application back before it is decided; her photo goes at once.

    Raises:
        ApplicationNotFound, ApplicationStepForbidden
    """
    application = locks.lock_application(number)
    forget_on = clock.today() + timedelta(days=queries.policy().kept_days)
    take_step(applicant(application), application, ApplicationAct.WITHDRAW, forget_on=forget_on)
    drop_photo(application)
    return application


def tell(application: Application, *, site_url: str, template: str, text: str) -> None:
    """Send the applicant a message with the link to her application. ``text`` names ``%(number)s``, ``%(link)s``."""
    link = links.follow_link(application.number, site_url=site_url)
    said = {"number": application.number, "link": link}
    useless_at = clock.now() + _TEXT_LASTS
    sms.post(phone=application.phone, template=template, params=said, text=text % said, useless_at=useless_at)


def drop_photo(application: Application) -> None:
    """Let the photo go: the sweeper deletes its bytes once this is committed."""
    if application.photo_id is not None:
        StoredFile.objects.filter(pk=application.photo_id).update(expires_at=clock.now())


def _agreed(version: int | None) -> ApplicationTerms:
    if version is None:
        raise ConsentMissing
    terms = queries.terms()
    if terms.version != version:
        raise TermsChanged
    return terms


def _name(typed: str) -> str:
    name = " ".join(typed.split())
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise InvalidName
    return name


def _mobile(typed: str) -> str:
    phone = normalise_phone(typed)
    if not is_mobile(phone):
        raise MobileNeeded
    return phone


def _email(typed: str) -> str:
    email = typed.strip()
    if email:
        try:
            validate_email(email)
        except ValidationError:
            raise InvalidEmail(email=email[:80]) from None
    return email


def _chosen(choices: Iterable[Choice], code: str) -> Choice:
    for choice in choices:
        if choice.code == code:
            return choice
    raise ChoiceNotOffered(choice_label=code[:20])


def _whither(offer: Offer, card_type: CardType, wish: Wish) -> tuple[Store | None, str]:
    """Where the card goes: the store that she comes to, or her address."""
    address = " ".join(wish.address.split())
    if wish.handing == Handing.PICK_UP:
        store = next((store for store in offer.stores if store.pk == wish.store_id), None)
        if store is None:
            raise ChoiceNotOffered(choice_label=Handing.PICK_UP.label)
        return store, address[:_LONGEST_ADDRESS]
    # A real-name card is given to whoever shows the original of her document (R-H01, R-H08).
    if not offer.policy.delivery_offered or card_type.real_name:
        raise ChoiceNotOffered(choice_label=Handing.DELIVERY.label)
    if not _SHORTEST_ADDRESS <= len(address) <= _LONGEST_ADDRESS:
        raise AddressMissing
    return None, address


def _photo(data: bytes, *, required: bool) -> StoredFile | None:
    if not data:
        if required:
            raise PhotoMissing
        return None
    picture = clean_picture(data)
    return files.keep(
        [picture.content],
        # Never what the file was called: that may be a name.
        filename=f"document{picture.extension}",
        content_type=picture.content_type,
        actor="applicant",
        expires_at=clock.now() + DRAFTS_LAST,
    )


def _number_and_save(application: Application) -> None:
    """Numbers are digits by chance: one that is taken is drawn again."""
    while True:
        application.number = new_number(clock.today())
        try:
            with transaction.atomic():
                application.save(force_insert=True)
        except IntegrityError:
            if not Application.objects.filter(number=application.number).exists():
                raise
        else:
            return
