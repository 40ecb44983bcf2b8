"""The members' addresses."""

from django.urls import path

from portal.member import views

app_name = "member"

urlpatterns = [
    path("", views.login, name="login"),
    path("logout/", views.logout, name="logout"),
    path("card/", views.home, name="home"),
    path("card/pin/", views.pin_change, name="pin_change"),
    path("card/records/", views.records, name="records"),
    path("card/records/<uuid:record_id>/", views.record_detail, name="record_detail"),
]
