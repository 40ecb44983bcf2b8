"""Addresses of what a member does by herself."""

from django.urls import path

from portal.member.acts import hub_views, loss_views, session_views

urlpatterns = [
    path("services/", hub_views.services, name="services"),
    path("loss/", loss_views.loss, name="loss"),
    path("loss/report/", loss_views.report, name="loss_report"),
    path("loss/lift/", loss_views.lift, name="loss_lift"),
    path("sessions/", session_views.session_list, name="sessions"),
    path("sessions/end/", session_views.session_end, name="session_end"),
]
