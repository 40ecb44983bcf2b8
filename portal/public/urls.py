"""Addresses of the public site, on the base host."""

from django.urls import path

from portal.public import views

app_name = "public"

urlpatterns = [
    path("", views.landing, name="landing"),
    path("pricing/", views.pricing, name="pricing"),
]
