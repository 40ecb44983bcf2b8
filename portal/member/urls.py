"""The members' addresses."""

from django.urls import path

from portal.member import renewal_views, views

app_name = "member"

urlpatterns = [
    path("", views.login, name="login"),
    path("logout/", views.logout, name="logout"),
    path("pin/", renewal_views.ask, name="pin_code_ask"),
    path("pin/code/", renewal_views.choose, name="pin_code_use"),
    path("card/", views.home, name="home"),
    path("card/pin/", views.pin_change, name="pin_change"),
    path("card/records/", views.records, name="records"),
    path("card/records/<uuid:record_id>/", views.record_detail, name="record_detail"),
]
