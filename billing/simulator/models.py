"""What the simulated service remembers."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SimulatedObject(models.Model):
    """An object as Stripe would return it: a customer, a page, a payment, a card, a refund."""

    code = models.CharField(_("编号"), max_length=80, unique=True)
    kind = models.CharField(_("类别"), max_length=40)
    customer = models.CharField(_("客户"), max_length=80, blank=True)
    data = models.JSONField(_("内容"))
    created_at = models.DateTimeField(_("创建时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("模拟对象")
        indexes = [models.Index(fields=["kind", "customer", "-id"], name="simulated_by_customer")]

    def __str__(self) -> str:
        return self.code


class SimulatedAnswer(models.Model):
    """What a key was answered, to be answered again."""

    key = models.CharField(_("幂等键"), max_length=255, unique=True)
    asked = models.CharField(_("请求摘要"), max_length=64)
    status = models.PositiveSmallIntegerField(_("状态码"))
    body = models.JSONField(_("答复"))

    class Meta:
        verbose_name = verbose_name_plural = _("模拟答复")

    def __str__(self) -> str:
        return self.key


class SimulatedEvent(models.Model):
    """Something that happened, and whether we have been told."""

    code = models.CharField(_("编号"), max_length=80, unique=True)
    type = models.CharField(_("类型"), max_length=80)
    data = models.JSONField(_("内容"))
    created_at = models.DateTimeField(_("发生时间"))
    due_at = models.DateTimeField(_("送出时间"))
    tries = models.PositiveSmallIntegerField(_("送出次数"), default=0)
    settled = models.BooleanField(_("已送达或已丢失"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("模拟事件")
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(settled=False), name="simulated_event_due"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.code}"


class Switches(models.Model):
    """What goes wrong on purpose. One row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    duplicate = models.BooleanField(_("通知重复送达"), default=False)
    reorder = models.BooleanField(_("通知乱序送达"), default=False)
    lose = models.BooleanField(_("通知丢失"), default=False)
    delay_s = models.PositiveIntegerField(_("通知延迟（秒）"), default=0)
    # How many of the next requests are answered 429 and not done; done, but not answered; or do not arrive.
    busy = models.PositiveSmallIntegerField(_("拒绝过频请求的次数"), default=0)
    lost_answers = models.PositiveSmallIntegerField(_("答复丢失的次数"), default=0)
    unreached = models.PositiveSmallIntegerField(_("请求未送达的次数"), default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("故障开关")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="simulator_switches_single")]

    def __str__(self) -> str:
        return "switches"
