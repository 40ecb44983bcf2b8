"""Rules on models: keys do not cross between public and a chain's schema, keys are wide, nothing inherits."""

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.test.utils import isolate_apps

from kernel.checks.models import check_models, model_findings, placements
from membership.cards.models import Card
from tenants.chains.models import Chain
from tenants.people.models import Role, User


def _codes(model: type[models.Model]) -> list[str]:
    return [finding.code for finding in model_findings([model])]


def test_apps_stand_where_the_settings_put_them() -> None:
    assert placements(apps.get_app_config("chains")) == {"public"}
    assert placements(apps.get_app_config("cards")) == {"chain"}
    assert placements(apps.get_app_config("people")) == {"public", "chain"}


@isolate_apps("tenants.chains", "tenants.people", "membership.cards")
def test_a_key_from_public_into_a_chain_is_found() -> None:
    class Favourite(models.Model):
        card = models.ForeignKey(Card, on_delete=models.CASCADE)

        class Meta:
            app_label = "chains"

    assert _codes(Favourite) == ["K101"]


@isolate_apps("tenants.chains", "tenants.people", "membership.cards")
def test_a_key_from_a_chain_into_public_is_found_even_where_the_app_is_in_both() -> None:
    class Invitation(models.Model):
        chain = models.ForeignKey(Chain, on_delete=models.CASCADE)

        class Meta:
            app_label = "people"

    assert _codes(Invitation) == ["K101"]


@isolate_apps("tenants.chains", "tenants.people", "membership.cards")
def test_a_many_to_many_across_is_found_through_its_own_table() -> None:
    class Basket(models.Model):
        cards = models.ManyToManyField(Card)

        class Meta:
            app_label = "chains"

    assert _codes(Basket) == ["K101"]
    assert _codes(Basket.cards.through) == ["K101"]


@isolate_apps("tenants.chains", "tenants.people", "membership.cards")
def test_keys_within_one_kind_of_schema_and_to_apps_in_both_pass() -> None:
    class Visit(models.Model):
        card = models.ForeignKey(Card, on_delete=models.CASCADE)
        user = models.ForeignKey(User, on_delete=models.CASCADE)
        kind = models.ForeignKey(ContentType, on_delete=models.CASCADE)

        class Meta:
            app_label = "cards"

    assert _codes(Visit) == []


@isolate_apps("tenants.chains", "tenants.people", "membership.cards")
def test_a_narrow_key_is_found() -> None:
    class Small(models.Model):
        id = models.AutoField(primary_key=True)

        class Meta:
            app_label = "cards"

    class Wide(models.Model):
        id = models.UUIDField(primary_key=True)

        class Meta:
            app_label = "cards"

    class Single(models.Model):
        id = models.PositiveSmallIntegerField(primary_key=True)

        class Meta:
            app_label = "cards"
            constraints = [models.CheckConstraint(condition=models.Q(id=1), name="single")]

    assert _codes(Small) == ["K102"]
    assert _codes(Wide) == []
    assert _codes(Single) == []


@isolate_apps("tenants.chains", "tenants.people", "membership.cards")
def test_an_inherited_table_is_found_and_a_proxy_passes() -> None:
    class GoldRole(Role):
        class Meta:
            app_label = "people"

    class SameRole(Role):
        class Meta:
            app_label = "people"
            proxy = True

    assert _codes(GoldRole) == ["K103"]
    assert _codes(SameRole) == []


def test_the_rules_run_as_a_system_check() -> None:
    assert check_models(None) == []
