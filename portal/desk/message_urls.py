"""Addresses of what members and the shop write to each other."""

from django.urls import path

from portal.desk import message_views

urlpatterns = [
    path("", message_views.inbox, name="messages"),
    path("<str:code>/", message_views.thread, name="message_thread"),
    path("<str:code>/no-answer/", message_views.no_answer, name="message_no_answer"),
]
