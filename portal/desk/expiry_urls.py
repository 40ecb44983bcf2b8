"""Addresses of expiry and dormancy."""

from django.urls import path

from portal.desk import dormancy_views, expiry_views

urlpatterns = [
    path("expiry/", expiry_views.notices, name="expiry"),
    path("expiry/notices.csv", expiry_views.notices_csv, name="expiry_csv"),
    path("expiry/cards/", expiry_views.ending, name="expiry_cards"),
    path("expiry/cards.csv", expiry_views.ending_csv, name="expiry_cards_csv"),
    path("expiry/rules/", expiry_views.rules, name="expiry_rules"),
    path("dormancy/", dormancy_views.overview, name="dormancy"),
    path("dormancy/standing.csv", dormancy_views.standing_csv, name="dormancy_csv"),
    path("dormancy/reopen/", dormancy_views.reopen, name="dormancy_reopen"),
    path("dormancy/<str:number>/", dormancy_views.one_list, name="dormancy_list"),
    path("dormancy/<str:number>/step/", dormancy_views.list_step, name="dormancy_step"),
]
