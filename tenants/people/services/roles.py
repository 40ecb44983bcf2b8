"""The matrix: which role may do what, and who has which role where."""

from collections.abc import Collection

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError
from kernel.ids import token
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require
from tenants.people.locks import lock_matrix
from tenants.people.models import Assignment, Role, RoleAct, User
from tenants.people.presets import OWNER_ROLE
from tenants.people.queries import managers_left


class RoleNotFound(DomainError):
    """No role has that code."""

    code = "role_not_found"
    status = 404
    message = _("找不到角色“{role}”。")


class RoleFixed(DomainError):
    """The owner's role keeps all acts and is only the owner's."""

    code = "role_fixed"
    status = 409
    message = _("“所有者”角色固定拥有全部权限，不能修改或另行授予。")


class RoleNameTaken(DomainError):
    """Another role is called so, in either language; two of one name could not be told apart when they are given."""

    code = "role_name_taken"
    status = 409
    message = _("已有名为“{name}”的角色，请换一个名称。")


class RoleInUse(DomainError):
    """Somebody still has the role."""

    code = "role_in_use"
    status = 409
    message = _("仍有员工担任“{role}”，请先撤销其任职。")


class AssignmentNotFound(DomainError):
    """That person does not have that role there."""

    code = "assignment_not_found"
    status = 404
    message = _("找不到该任职记录。")


class LastManager(DomainError):
    """After the change nobody could manage staff, and nobody could ever be let in again."""

    code = "last_manager"
    status = 409
    message = _("至少要保留一位可管理全部门店员工的在职人员，未作任何更改。")


def refuse_without_manager() -> None:
    """Call after a change to the matrix, under ``lock_matrix``.

    Raises:
        LastManager
    """
    if not managers_left():
        raise LastManager


def set_role_acts(*, actor: Actor, role_code: str, acts: Collection[Act]) -> Role:
    """Fill the role's row of the matrix with exactly these acts.

    Raises:
        NotAllowed, RoleNotFound, RoleFixed, LastManager
    """
    require(actor, Act.STAFF_MANAGE)
    lock_matrix()
    role = _role(role_code)
    if role.code == OWNER_ROLE:
        raise RoleFixed
    wanted = {Act(act).value for act in acts}
    present = set(role.acts.values_list("act", flat=True))
    added, removed = sorted(wanted - present), sorted(present - wanted)
    if not added and not removed:
        return role
    role.acts.filter(act__in=removed).delete()
    RoleAct.objects.bulk_create(RoleAct(role=role, act=act) for act in added)
    refuse_without_manager()
    record(actor, "role.set_acts", object_type="role", object_id=role.code, detail={"added": added, "removed": removed})
    return role


def create_role(*, actor: Actor, name: str, acts: Collection[Act] = ()) -> Role:
    """A role of the chain's own.

    Raises:
        NotAllowed, RoleNameTaken
    """
    require(actor, Act.STAFF_MANAGE)
    lock_matrix()
    name = name.strip()
    # A preset is also taken by its name in the reader's language.
    if any(name.casefold() in (role.name.casefold(), role.label.casefold()) for role in Role.objects.all()):
        raise RoleNameTaken(name=name)
    role = Role.objects.create(code=f"own-{token(6)}", name=name)
    RoleAct.objects.bulk_create(RoleAct(role=role, act=Act(act).value) for act in sorted(set(acts)))
    record(actor, "role.create", object_type="role", object_id=role.code, detail={"name": role.name})
    return role


def delete_role(*, actor: Actor, role_code: str) -> None:
    """Remove a role of the chain's own that nobody has; presets stay.

    Raises:
        NotAllowed, RoleNotFound, RoleFixed, RoleInUse
    """
    require(actor, Act.STAFF_MANAGE)
    lock_matrix()
    role = _role(role_code)
    if role.preset:
        raise RoleFixed
    try:
        role.delete()
    except ProtectedError:
        raise RoleInUse(role=role.label) from None
    record(actor, "role.delete", object_type="role", object_id=role_code, detail={"name": role.name})


def assign_role(*, actor: Actor, user_id: int, role_code: str, store_id: int | None) -> Assignment:
    """Give a person a role in one store, or with no store named in all of them. Repeating it changes nothing.

    Raises:
        NotAllowed, RoleNotFound, RoleFixed, AssignmentNotFound (no such person)
    """
    require(actor, Act.STAFF_MANAGE, store_id=store_id)
    role = _role(role_code)
    if role.code == OWNER_ROLE:
        raise RoleFixed
    try:
        with transaction.atomic():
            assignment, made = Assignment.objects.get_or_create(
                user=User.objects.get(pk=user_id), role=role, store_id=store_id
            )
    except (User.DoesNotExist, IntegrityError):
        raise AssignmentNotFound from None
    if made:
        detail = {"role": role.code}
        record(actor, "role.assign", object_type="user", object_id=user_id, store_id=store_id, detail=detail)
    return assignment


def unassign_role(*, actor: Actor, assignment_id: int) -> int:
    """Take a role away from a person; gives the person's id.

    Raises:
        NotAllowed, AssignmentNotFound, RoleFixed, LastManager
    """
    lock_matrix()
    assignment = Assignment.objects.select_related("role").filter(pk=assignment_id).first()
    if assignment is None:
        raise AssignmentNotFound
    require(actor, Act.STAFF_MANAGE, store_id=assignment.store_id)
    if assignment.role.code == OWNER_ROLE:
        raise RoleFixed
    assignment.delete()
    refuse_without_manager()
    record(
        actor,
        "role.unassign",
        object_type="user",
        object_id=assignment.user_id,
        store_id=assignment.store_id,
        detail={"role": assignment.role.code},
    )
    return assignment.user_id


def _role(code: str) -> Role:
    try:
        return Role.objects.get(code=code)
    except Role.DoesNotExist:
        raise RoleNotFound(role=code) from None
