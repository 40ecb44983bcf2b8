"""Accounts: owners and platform staff in public, a chain's staff in its own schema."""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError
from kernel.ids import token
from tenants.audit.services import record
from tenants.people.domain import SYSTEM, Act, Actor, UserKind, require, require_somewhere
from tenants.people.locks import lock_matrix
from tenants.people.models import Assignment, Role, User
from tenants.people.presets import OWNER_ROLE
from tenants.people.services.roles import refuse_without_manager


class AccountTaken(DomainError):
    """Another account of this schema has that user name or e-mail address."""

    code = "account_taken"
    status = 409
    message = _("用户名或邮箱“{login}”已被使用，请换一个。")


class PasswordTooWeak(DomainError):
    """The password does not satisfy the rules; ``reasons`` says which."""

    code = "password_too_weak"
    status = 400
    message = _("密码不符合要求：{reasons}")


class StaffNotFound(DomainError):
    """No such person works here."""

    code = "staff_not_found"
    status = 404
    message = _("找不到该员工。")


class OwnerAccountFixed(DomainError):
    """The owner's own account is kept open, and is changed by the owner only."""

    code = "owner_account_fixed"
    status = 409
    message = _("所有者的账号不能停用，也不能由他人修改。")


def create_owner(*, email: str, name: str, password: str) -> User:
    """An owner with a verified address, as sign-up would leave him. In public.

    Raises:
        AccountTaken, PasswordTooWeak
    """
    owner = _create(kind=UserKind.OWNER, username=_login_name(email), email=email, name=name, password=password)
    EmailAddress.objects.create(user=owner, email=owner.email, verified=True, primary=True)
    return owner


def create_platform_user(*, email: str, name: str, password: str) -> User:
    """Someone who works for the platform and, once she has a second factor, may look into its registers and act in its
    offices. Made by whoever runs the program. In public.

    Raises:
        AccountTaken, PasswordTooWeak
    """
    person = _create(kind=UserKind.PLATFORM, username=_login_name(email), email=email, name=name, password=password)
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    record(SYSTEM, "platform.user", object_type="user", object_id=person.pk, detail={"username": person.username})
    return person


def create_owner_staff(*, owner_id: int, email: str, name: str) -> User:
    """The owner's staff account in a new chain, with the owner's role everywhere.

    May be repeated: it stays one account. It has no password; the owner comes by ticket from the console.
    """
    defaults: dict[str, Any] = {"username": _login_name(email), "email": email, "name": name, "kind": UserKind.STAFF}
    staff, made = User.objects.get_or_create(owner_id=owner_id, defaults=defaults)
    if made:
        staff.set_unusable_password()
        staff.save(update_fields=["password"])
    Assignment.objects.get_or_create(user=staff, role=Role.objects.get(code=OWNER_ROLE), store_id=None)
    return staff


def create_staff(*, actor: Actor, username: str, name: str, password: str, email: str = "", phone: str = "") -> User:
    """Open an account for someone who works for the chain. Without a role it may do nothing yet.

    Raises:
        NotAllowed, AccountTaken, PasswordTooWeak
    """
    require_somewhere(actor, Act.STAFF_MANAGE)
    person = _create(kind=UserKind.STAFF, username=username, email=email, name=name, password=password, phone=phone)
    record(actor, "staff.create", object_type="user", object_id=person.pk, detail={"username": person.username})
    return person


def edit_staff(*, actor: Actor, user_id: int, name: str, email: str, phone: str) -> User:
    """Change what is known of a member of staff. Her user name stays.

    Raises:
        NotAllowed, StaffNotFound, OwnerAccountFixed, AccountTaken
    """
    require(actor, Act.STAFF_MANAGE)
    person = _staff_other_than_owner(user_id, actor=actor)
    wanted = {"name": name.strip(), "email": User.objects.normalize_email(email.strip()), "phone": phone.strip()}
    changed = sorted(field for field, value in wanted.items() if getattr(person, field) != value)
    person.name, person.email, person.phone = wanted["name"], wanted["email"], wanted["phone"]
    _save(person, update_fields=["name", "email", "phone"], login=email)
    record(actor, "staff.edit", object_type="user", object_id=person.pk, detail={"changed": changed})
    return person


def reset_staff_password(*, actor: Actor, user_id: int, password: str) -> User:
    """Set a new password for a member of staff; her open sessions end.

    Raises:
        NotAllowed, StaffNotFound, OwnerAccountFixed, PasswordTooWeak
    """
    require(actor, Act.STAFF_MANAGE)
    person = _staff_other_than_owner(user_id, actor=actor)
    _set_password(person, password)
    person.save(update_fields=["password"])
    record(actor, "staff.reset_password", object_type="user", object_id=person.pk)
    return person


def set_staff_active(*, actor: Actor, user_id: int, active: bool) -> User:
    """Close an account, or open it again. A closed one cannot log in and its sessions end at once.

    Raises:
        NotAllowed, StaffNotFound, OwnerAccountFixed, LastManager
    """
    require(actor, Act.STAFF_MANAGE)
    lock_matrix()
    person = _staff(user_id)
    if person.owner_id is not None:
        raise OwnerAccountFixed
    person.is_active = active
    person.save(update_fields=["is_active"])
    refuse_without_manager()
    record(actor, "staff.open" if active else "staff.close", object_type="user", object_id=person.pk)
    return person


def _login_name(email: str) -> str:
    """The address itself, if it fits: an address may be longer than a user name."""
    longest = User._meta.get_field("username").max_length or 0
    return email if len(email) <= longest else f"user-{token(12)}"


def _staff(user_id: int) -> User:
    try:
        return User.objects.get(pk=user_id, kind=UserKind.STAFF)
    except User.DoesNotExist:
        raise StaffNotFound from None


def _staff_other_than_owner(user_id: int, *, actor: Actor) -> User:
    person = _staff(user_id)
    if person.owner_id is not None and str(actor) != f"staff:{person.pk}":
        raise OwnerAccountFixed
    return person


def _create(*, kind: UserKind, username: str, email: str, name: str, password: str, phone: str = "") -> User:
    person = User(
        username=User.normalize_username(username.strip()),
        email=User.objects.normalize_email(email.strip()),
        name=name.strip(),
        phone=phone.strip(),
        kind=kind,
    )
    _set_password(person, password)
    _save(person, update_fields=None, login=username)
    return person


def _set_password(person: User, password: str) -> None:
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise PasswordTooWeak(reasons=" ".join(error.messages)) from error
    person.set_password(password)


def _save(person: User, *, update_fields: list[str] | None, login: str) -> None:
    """Save, and let the database's own uniqueness decide who comes too late."""
    try:
        with transaction.atomic():
            person.save(update_fields=update_fields)
    except IntegrityError as error:
        raise AccountTaken(login=login) from error
