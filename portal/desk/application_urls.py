"""Addresses of applications at the desk."""

from django.urls import path

from portal.desk import application_views

urlpatterns = [
    path("", application_views.applications, name="applications"),
    path("settings/", application_views.settings, name="application_settings"),
    path("photo/<str:token>/", application_views.photo, name="application_photo"),
    path("<str:number>/", application_views.application, name="application"),
    path("<str:number>/approve/", application_views.approve, name="application_approve"),
    path("<str:number>/reject/", application_views.reject, name="application_reject"),
    path("<str:number>/reveal/", application_views.reveal, name="application_reveal"),
    path("<str:number>/photo/", application_views.show_photo, name="application_show_photo"),
    path("<str:number>/send/", application_views.send, name="application_send"),
    path("<str:number>/hand-over/", application_views.hand_over, name="application_hand_over"),
    path("<str:number>/lapse/", application_views.lapse, name="application_lapse"),
    path("<str:number>/link/", application_views.pin_link, name="application_link"),
]
