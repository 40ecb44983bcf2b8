"""Users, roles, API keys and tickets."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tenants.people.domain import Act, UserKind


class User(AbstractUser):  # type: ignore[django-manager-missing]  # Chain, through a base that has no types
    """A person who logs in with a password: owners and platform staff in public, a chain's staff in its own schema.

    Members are not users; they hold cards.
    """

    first_name = None  # type: ignore[assignment]  # one name, as people write it in China
    last_name = None  # type: ignore[assignment]
    name = models.CharField(_("姓名"), max_length=80)
    phone = models.CharField(_("手机号"), max_length=20, blank=True)
    kind = models.CharField(_("身份"), max_length=10, choices=UserKind, default=UserKind.STAFF)
    # The owner in public whom this staff account belongs to: by value, no key crosses schemas.
    owner_id = models.BigIntegerField(_("对应所有者"), null=True, blank=True, unique=True)

    REQUIRED_FIELDS: ClassVar[list[str]] = ["email", "name"]

    class Meta(AbstractUser.Meta):
        verbose_name = _("用户")  # type: ignore[assignment]
        verbose_name_plural = _("用户")  # type: ignore[assignment]
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=UserKind.values), name="user_kind_known"),
            # Staff may log in with a user name alone; whoever has an address has it alone.
            models.UniqueConstraint(Lower("email"), condition=~models.Q(email=""), name="user_email_once"),
        ]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


class Role(models.Model):
    """A named set of acts, edited by the chain; the presets come with its schema."""

    code = models.CharField(_("角色代码"), max_length=30, unique=True)
    name = models.CharField(_("角色名称"), max_length=40)
    preset = models.BooleanField(_("预设"), default=False)

    class Meta:
        verbose_name = _("角色")
        verbose_name_plural = _("角色")
        constraints = [models.UniqueConstraint(Lower("name"), name="role_name_once")]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name to show: a preset's in the reader's language, the chain's own as it was typed."""
        return gettext(self.name) if self.preset else self.name


class RoleAct(models.Model):
    """One filled cell of the matrix: this role may do this act."""

    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="acts", verbose_name=_("角色"))
    act = models.CharField(_("操作"), max_length=40, choices=Act)

    class Meta:
        verbose_name = _("角色权限")
        verbose_name_plural = _("角色权限")
        constraints = [models.UniqueConstraint(fields=["role", "act"], name="role_act_once")]

    def __str__(self) -> str:
        return f"{self.role_id} {self.act}"


class Assignment(models.Model):
    """A person has a role: in one store, or in all of them."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="assignments", verbose_name=_("员工"))
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="assignments", verbose_name=_("角色"))
    # By value: this app also stands in public, where there are no stores. Null is every store.
    store_id = models.BigIntegerField(_("门店"), null=True, blank=True)

    class Meta:
        verbose_name = _("任职")
        verbose_name_plural = _("任职")
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "store_id"], nulls_distinct=False, name="assignment_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role_id} {self.store_id or '*'}"


class ApiKey(models.Model):
    """A credential of the chain's own software.

    Only the secret's SHA-256 is kept: it has 256 random bits, so no slow hash is needed.
    """

    prefix = models.CharField(_("前缀"), max_length=12, unique=True)
    secret_sha256 = models.BinaryField(_("密钥散列"), max_length=32)
    name = models.CharField(_("名称"), max_length=60)
    acts = models.JSONField(_("允许的操作"), default=list)
    store_id = models.BigIntegerField(_("门店"), null=True, blank=True)
    created_at = models.DateTimeField(_("创建时间"))
    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("创建人")
    )
    revoked_at = models.DateTimeField(_("吊销时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("接口密钥")
        verbose_name_plural = _("接口密钥")

    def __str__(self) -> str:
        return f"{self.name} (kyn_{self.prefix}_…)"


class UsedTicket(models.Model):
    """A desk ticket that has been spent. Insert-only: its primary key is what makes a ticket single-use."""

    id = models.UUIDField(primary_key=True)
    owner_id = models.BigIntegerField(_("所有者"))
    used_at = models.DateTimeField(_("使用时间"), db_index=True)

    class Meta:
        verbose_name = _("已用入场券")
        verbose_name_plural = _("已用入场券")

    def __str__(self) -> str:
        return str(self.id)
