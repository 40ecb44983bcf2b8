"""Helps for whoever runs the product on her own machine; not there in production."""

from django.urls import path

from portal.components.gallery import gallery
from portal.dev import views

app_name = "dev"

CHAIN = [
    path("sms/", views.sms_list, name="sms_list"),
]
"""What only a chain's host has."""

MAIL = [
    path("mail/", views.mail_list, name="mail_list"),
    path("mail/<int:mail_id>/", views.mail_detail, name="mail_detail"),
]
"""What every host has: a chain's mail is in its own schema."""

urlpatterns = [
    *MAIL,
    path("components/", gallery, name="components"),
]
