"""Addresses of a card's life and of card settings. Before the cards' own: "types" is no card number."""

from django.urls import path, re_path

from portal.desk import card_life_views, card_type_views

urlpatterns = [
    path("cards/account-expiry/", card_life_views.account_expiry, name="card_account_expiry"),
    path("cards/validity/", card_life_views.validity, name="card_validity"),
    path("cards/validity/now/", card_life_views.validity_now, name="card_validity_now"),
    path("cards/adjusted/", card_life_views.adjusted, name="card_adjusted"),
    path("cards/types/", card_type_views.overview, name="card_types"),
    path("cards/types/new/", card_type_views.type_edit, name="card_type_new"),
    path("cards/types/rules/", card_type_views.rules_edit, name="card_rules"),
    path("cards/types/<slug:code>/edit/", card_type_views.type_edit, name="card_type_edit"),
    path("cards/types/<slug:code>/enable/", card_type_views.type_enable, name="card_type_enable"),
    path("cards/types/<slug:code>/disable/", card_type_views.type_disable, name="card_type_disable"),
    path("cards/levels/new/", card_type_views.level_edit, name="card_level_new"),
    path("cards/levels/<slug:code>/edit/", card_type_views.level_edit, name="card_level_edit"),
    re_path(r"^cards/(?P<number>[^/]+)/(?P<way>reissue|replace)/$", card_life_views.succeed, name="card_succeed"),
    path("cards/<str:number>/transfer/", card_life_views.transfer, name="card_transfer"),
    path("cards/<str:number>/choose-pin/", card_life_views.choose_pin, name="card_choose_pin"),
    path("cards/<str:number>/slip/", card_life_views.slip_pdf, name="card_slip_pdf"),
]
