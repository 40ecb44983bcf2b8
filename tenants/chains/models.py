"""Chains, their addresses, and what their schemas are made from."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_tenants.models import DomainMixin, TenantMixin

from tenants.chains.domain import ChainState, Plan


class Chain(TenantMixin):  # type: ignore[misc]
    """A customer of the platform: one store or many under one name, alone in its schema.

    Its schema is made by ``provisioning``, never by ``save()``.
    """

    auto_create_schema = False
    auto_drop_schema = False

    slug = models.CharField(_("网址名"), max_length=30, unique=True)
    name = models.CharField(_("商户名称"), max_length=80)
    plan = models.CharField(_("版本"), max_length=1, choices=Plan, default=Plan.A)
    # With the plan, the snapshot of what the chain has subscribed to: whoever asks what it may do asks here. Numbers of
    # the price list.
    modules = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("模块"), default=list, db_default=[])
    # Set while the chain owes the platform: the day from which it may promise its members nothing new.
    held_from = models.DateField(_("欠费暂停日"), null=True, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="chains", verbose_name=_("所有者")
    )
    state = models.CharField(_("状态"), max_length=12, choices=ChainState, default=ChainState.REQUESTED)
    first_store_name = models.CharField(_("首家门店"), max_length=80)
    # Provisioning is a row with a state: what a lost task did not do, the sweeper enqueues again.
    step = models.CharField(_("当前步骤"), max_length=20, blank=True)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    error_code = models.CharField(_("错误代码"), max_length=40, blank=True)
    created_at = models.DateTimeField(_("申请时间"))
    touched_at = models.DateTimeField(_("最近推进时间"))
    activated_at = models.DateTimeField(_("开通时间"), null=True, blank=True)
    closed_at = models.DateTimeField(_("注销时间"), null=True, blank=True)
    # The farewell export in the private storage, and its checksum; written before the schema is dropped.
    export_name = models.CharField(_("导出文件"), max_length=200, blank=True)
    export_sha256 = models.CharField(_("导出校验和"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("商户")
        verbose_name_plural = _("商户")
        constraints = [
            models.CheckConstraint(condition=models.Q(plan__in=Plan.values), name="chain_plan_known"),
            models.CheckConstraint(condition=models.Q(state__in=ChainState.values), name="chain_state_known"),
        ]
        indexes = [
            # What the sweeper looks for; nearly always empty.
            models.Index(
                fields=["touched_at"],
                condition=models.Q(state__in=[ChainState.REQUESTED, ChainState.PROVISIONING, ChainState.CLOSING]),
                name="chain_unfinished",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.slug})"


class Domain(DomainMixin):  # type: ignore[misc]
    """A host name under which a chain answers: ``<slug>.<base>``."""

    class Meta:
        verbose_name = _("域名")
        verbose_name_plural = _("域名")

    def __str__(self) -> str:
        return str(self.domain)


class SchemaTemplate(models.Model):
    """The script that makes a new chain's schema: the dump of the migrated template. One row, replaced by migrations.

    Whoever makes a schema from it holds the row shared until commit, and migrations take it exclusively: so no schema
    of an old version appears behind their back.
    """

    fingerprint = models.CharField(_("版本指纹"), max_length=64, unique=True)
    script = models.TextField(_("建库脚本"))
    made_at = models.DateTimeField(_("生成时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("商户库模板")

    def __str__(self) -> str:
        return self.fingerprint[:12]


class Spare(models.Model):
    """A schema made in advance, that a sign-up only has to rename. The row is written in the schema's transaction."""

    schema_name = models.CharField(_("库名"), max_length=63, unique=True)
    fingerprint = models.CharField(_("版本指纹"), max_length=64)
    made_at = models.DateTimeField(_("生成时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("备用商户库")

    def __str__(self) -> str:
        return self.schema_name
