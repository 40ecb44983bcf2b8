"""The desk's addresses."""

from django.urls import include, path

from portal.desk import branding_views, card_views, home_views, issue_views

app_name = "desk"

urlpatterns = [
    path("", home_views.home, name="home"),
    path("cards/", card_views.card_list, name="card_list"),
    path("cards/make/", card_views.card_make, name="card_make"),
    path("cards/issue/", issue_views.card_issue, name="card_issue"),
    path("cards/issue/guide/", issue_views.issue_guide, name="issue_guide"),
    path("", include("portal.desk.card_urls")),
    path("cards/<str:number>/", card_views.card_detail, name="card_detail"),
    path("cards/<str:number>/step/", card_views.card_step, name="card_step"),
    path("cards/<str:number>/pin/", card_views.card_pin_reset, name="card_pin_reset"),
    path("", include("portal.desk.data_urls")),
    path("", include("portal.desk.retention_urls")),
    path("branding/", branding_views.branding, name="branding"),
    path("", include("portal.desk.member_urls")),
    path("", include("portal.desk.till_urls")),
    path("", include("portal.desk.expiry_urls")),
    path("", include("portal.desk.people_urls")),
    path("", include("portal.desk.value_urls")),
    path("messages/", include("portal.desk.message_urls")),
    path("requests/", include("portal.desk.request_urls")),
    path("applications/", include("portal.desk.application_urls")),
    path("documents/", include("portal.desk.document_urls")),
    path("stock/", include("portal.desk.stock_urls")),
]
