"""How django-allauth works here: owners sign up on the public site; a chain's staff only log in."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.db import connection
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse

from kernel.db import PUBLIC_SCHEMA
from kernel.http.addresses import client_network
from kernel.slots import Busy
from tenants.audit.services import record
from tenants.people.domain import Actor, UserKind
from tenants.people.models import User

_EMAIL_VERIFICATION = "allauth.account.stages.EmailVerificationStage"


def on_public_site() -> bool:
    """Whether this request came in at the base host."""
    return bool(connection.schema_name == PUBLIC_SCHEMA)  # type: ignore[attr-defined]


def display_name(user: User) -> str:
    """How mails and pages address the person."""
    return user.name or user.email or user.username


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's answers that depend on whose site it is."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Owners sign up; staff accounts are made by the chain's own managers."""
        return on_public_site()

    def save_user(self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True) -> User:
        """Whoever signs up is an owner, named as typed, else by the address."""
        user.kind = UserKind.OWNER
        user.name = form.cleaned_data.get("name") or form.cleaned_data["email"].split("@")[0]
        saved: User = super().save_user(request, user, form, commit=commit)
        return saved

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Compare name and password. Who could not be served was not wrong: the attempt is not counted.

        Raises:
            Busy
        """
        try:
            user: User | None = super().authenticate(request, **credentials)
        except Busy:
            self._rollback_login_failed_rl_usage()
            raise
        return user

    def get_client_ip(self, request: HttpRequest) -> str:
        """Under which address attempts are counted: the caller's own, not the proxy's that all callers share."""
        return client_network(request) or str(super().get_client_ip(request))

    def get_login_stages(self) -> list[str]:
        """Staff are vouched for by the manager who made the account: no e-mail to verify. A second factor is asked of
        whoever has set one.
        """
        stages: list[str] = super().get_login_stages()
        return stages if on_public_site() else [stage for stage in stages if stage != _EMAIL_VERIFICATION]

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """After the last step, second factor included: noted in the trail."""
        actor = Actor(kind=user.kind.lower(), id=user.pk, name=str(user))
        record(actor, "account.login", object_type="user", object_id=user.pk)
        answer: HttpResponse = super().post_login(request, user, **kwargs)
        return answer

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The console for owners, the platform's registers for its staff, the desk for a chain's."""
        if not on_public_site():
            return "/desk/"
        return "/platform/" if getattr(request.user, "kind", "") == UserKind.PLATFORM else "/console/"

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        """Back to the door one came in by."""
        return "/" if on_public_site() else "/desk/login/"

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        """Where a new owner begins."""
        return "/console/"

    def format_email_subject(self, subject: str) -> str:
        """Mails come from the product, not from a host name."""
        return f"[卡云] {subject}"
