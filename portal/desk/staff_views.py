"""Who works here and what they may do: staff, their roles, and the matrix."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kernel.errors import DomainError
from portal.desk.access import DeskRequest, staff_only
from portal.desk.people_forms import AssignForm, NewPasswordForm, NewStaffForm, RoleForm, StaffForm, store_choices
from tenants.people import queries, services
from tenants.people.domain import ACT_GROUPS, EVERYWHERE, Act
from tenants.people.models import Role, User
from tenants.people.presets import OWNER_ROLE
from tenants.stores.queries import stores

_NAV = {"nav": "staff"}


@require_safe
@staff_only(Act.STAFF_MANAGE)
def staff_list(request: DeskRequest) -> HttpResponseBase:
    """Everybody who has an account in this chain."""
    names = _store_names()
    shown = [
        {
            "id": person.pk,
            "name": str(person),
            "username": person.username,
            "email": person.email,
            "phone": person.phone,
            "is_active": person.is_active,
            "is_owner": person.owner_id is not None,
            "roles": _assignments(person, names),
        }
        for person in queries.staff()
    ]
    return render(request, "desk/staff_list.html", {"staff": shown, **_NAV})


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.STAFF_MANAGE)
def staff_new(request: DeskRequest) -> HttpResponseBase:
    """Open an account."""
    form = NewStaffForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person = services.create_staff(actor=request.desk.actor, **form.cleaned_data)
        except DomainError as error:
            _show(form, error)
        else:
            messages.success(request, _("已为 %(name)s 开通账号，请授予角色。") % {"name": person.name})
            return redirect("desk:staff_edit", user_id=person.pk)
    return _form_page(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.STAFF_MANAGE)
def staff_edit(request: DeskRequest, user_id: int) -> HttpResponseBase:
    """What is known of her, and her roles."""
    person = _person(user_id)
    form = StaffForm(request.POST or None, initial={"name": person.name, "email": person.email, "phone": person.phone})
    if request.method == "POST" and form.is_valid():
        try:
            services.edit_staff(actor=request.desk.actor, user_id=user_id, **form.cleaned_data)
        except DomainError as error:
            _show(form, error)
        else:
            messages.success(request, _("已保存。"))
            return redirect("desk:staff_edit", user_id=user_id)
    return _form_page(request, form, person)


@require_POST
@staff_only(Act.STAFF_MANAGE)
def staff_active(request: DeskRequest, user_id: int) -> HttpResponseBase:
    """Close an account or open it again."""
    active = request.POST.get("active") == "1"
    person = services.set_staff_active(actor=request.desk.actor, user_id=user_id, active=active)
    text = _("%(name)s 的账号已启用。") if active else _("%(name)s 的账号已停用。")
    messages.success(request, text % {"name": person.name})
    return redirect("desk:staff_list")


@sensitive_post_parameters("password")
@require_POST
@staff_only(Act.STAFF_MANAGE)
def staff_password(request: DeskRequest, user_id: int) -> HttpResponseBase:
    """Set a new password for somebody who forgot hers."""
    form = NewPasswordForm(request.POST)
    if form.is_valid():
        try:
            services.reset_staff_password(
                actor=request.desk.actor, user_id=user_id, password=form.cleaned_data["password"]
            )
        except services.PasswordTooWeak as error:
            _show(form, error)
        else:
            messages.success(request, _("密码已重置，原有登录已失效。"))
            return redirect("desk:staff_edit", user_id=user_id)
    return _form_page(request, StaffForm(), _person(user_id), password_form=form)


@require_POST
@staff_only(Act.STAFF_MANAGE)
def staff_assign(request: DeskRequest, user_id: int) -> HttpResponseBase:
    """Give her a role."""
    form = _assign_form(request, request.POST)
    if not form.is_valid():
        return _form_page(request, StaffForm(), _person(user_id), assign_form=form)
    services.assign_role(
        actor=request.desk.actor,
        user_id=user_id,
        role_code=form.cleaned_data["role"],
        store_id=form.cleaned_data["store"],
    )
    messages.success(request, _("已授予角色。"))
    return redirect("desk:staff_edit", user_id=user_id)


@require_POST
@staff_only(Act.STAFF_MANAGE)
def staff_unassign(request: DeskRequest, assignment_id: int) -> HttpResponseBase:
    """Take a role away."""
    user_id = services.unassign_role(actor=request.desk.actor, assignment_id=assignment_id)
    messages.success(request, _("已撤销角色。"))
    return redirect("desk:staff_edit", user_id=user_id)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.STAFF_MANAGE)
def roles(request: DeskRequest) -> HttpResponseBase:
    """The matrix of roles × acts. Each changed role is one act of its own."""
    present = list(queries.roles())
    if request.method == "POST":
        granted = {tuple(cell.split(":", 1)) for cell in request.POST.getlist("grant") if ":" in cell}
        for role in present:
            if role.code != OWNER_ROLE:
                acts = [act for act in Act if (role.code, act.value) in granted]
                services.set_role_acts(actor=request.desk.actor, role_code=role.code, acts=acts)
        messages.success(request, _("权限已保存，立即生效。"))
        return redirect("desk:roles")
    return render(request, "desk/roles.html", {**_matrix(request, present), "form": RoleForm(), "nav": "roles"})


@require_POST
@staff_only(Act.STAFF_MANAGE)
def role_new(request: DeskRequest) -> HttpResponseBase:
    """Add a role of the chain's own; its acts are ticked in the matrix."""
    form = RoleForm(request.POST)
    role = None
    if form.is_valid():
        try:
            role = services.create_role(actor=request.desk.actor, name=form.cleaned_data["name"])
        except services.RoleNameTaken as error:
            form.add_error("name", str(error))
    if role is None:
        return render(
            request, "desk/roles.html", {**_matrix(request, list(queries.roles())), "form": form, "nav": "roles"}
        )
    messages.success(request, _("已新增角色“%(name)s”，请勾选其权限。") % {"name": role.name})
    return redirect("desk:roles")


def _matrix(request: DeskRequest, present: list[Role]) -> dict[str, Any]:
    filled = {(role.code, cell.act) for role in present for cell in role.acts.all()}
    fixed = not request.desk.actor.may(Act.STAFF_MANAGE)
    groups = [
        {
            "title": title,
            "acts": [
                {
                    "code": act.value,
                    "label": act.label,
                    "cells": [
                        {
                            "role_code": role.code,
                            "role_name": role.label,
                            "checked": (role.code, act.value) in filled,
                            "locked": fixed or role.code == OWNER_ROLE,
                        }
                        for role in present
                    ],
                }
                for act in acts
            ],
        }
        for title, acts in ACT_GROUPS
    ]
    return {"roles": [{"code": r.code, "name": r.label, "preset": r.preset} for r in present], "groups": groups}


def _form_page(request: DeskRequest, form: forms.Form, person: User | None, **forms_in_error: Any) -> HttpResponse:
    context: dict[str, Any] = {"form": form, **_NAV}
    if person is not None:
        if not form.is_bound:
            form.initial = {"name": person.name, "email": person.email, "phone": person.phone}
        context |= {
            "staff": {
                "id": person.pk,
                "name": person.name,
                "username": person.username,
                "is_active": person.is_active,
                "is_owner": person.owner_id is not None,
            },
            "assignments": _assignments(person, _store_names()),
            "assign_form": _assign_form(request, None),
            "password_form": NewPasswordForm(),
        }
    return render(request, "desk/staff_form.html", context | forms_in_error)


def _assign_form(request: DeskRequest, data: Any) -> AssignForm:
    everywhere = request.desk.actor.grants.get(Act.STAFF_MANAGE) == EVERYWHERE
    mine = [store for store in request.desk.stores if request.desk.actor.may(Act.STAFF_MANAGE, store_id=store.pk)]
    return AssignForm(data, roles=list(queries.roles()), stores=store_choices(mine, everywhere=everywhere))


def _assignments(person: User, store_names: dict[int, str]) -> list[dict[str, Any]]:
    return [
        {
            "id": assignment.pk,
            "role_name": assignment.role.label,
            "fixed": assignment.role.code == OWNER_ROLE,
            "store_name": None if assignment.store_id is None else store_names.get(assignment.store_id, "?"),
        }
        for assignment in person.assignments.all()
    ]


def _person(user_id: int) -> User:
    person = queries.staff().filter(pk=user_id).first()
    if person is None:
        raise services.StaffNotFound
    return person


def _store_names() -> dict[int, str]:
    return {store.pk: store.name for store in stores()}


def _show(form: forms.Form, error: DomainError) -> None:
    field = {"password_too_weak": "password", "account_taken": "username"}.get(error.code)
    form.add_error(field if field in form.fields else None, str(error))
