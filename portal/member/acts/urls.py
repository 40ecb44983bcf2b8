"""Addresses of what a member does by herself."""

from django.urls import path

from portal.member.acts import (
    code_views,
    consent_views,
    hub_views,
    loss_views,
    message_views,
    passkey_views,
    request_views,
    session_views,
)

urlpatterns = [
    path("services/", hub_views.services, name="services"),
    path("loss/", loss_views.loss, name="loss"),
    path("loss/report/", loss_views.report, name="loss_report"),
    path("loss/lift/", loss_views.lift, name="loss_lift"),
    path("requests/", request_views.requests, name="requests"),
    path("requests/take-back/", request_views.request_take_back, name="request_take_back"),
    path("consents/", consent_views.consents, name="consents"),
    path("consents/choose/", consent_views.consent_choose, name="consent_choose"),
    path("messages/", message_views.thread, name="messages"),
    path("code/", code_views.code, name="code"),
    path("code/now/", code_views.code_now, name="code_now"),
    path("passkeys/", passkey_views.passkey_list, name="passkeys"),
    path("passkeys/add/", passkey_views.passkey_add, name="passkey_add"),
    path("passkeys/remove/", passkey_views.passkey_remove, name="passkey_remove"),
    path("sessions/", session_views.session_list, name="sessions"),
    path("sessions/end/", session_views.session_end, name="session_end"),
]
