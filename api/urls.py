"""The API's addresses, under ``/api/`` of a chain's host."""

from django.urls import include, path, re_path

from api.views import Nothing

app_name = "api"
urlpatterns = [
    path("v1/", include("api.v1.urls")),
    re_path("", Nothing.as_view()),
]
