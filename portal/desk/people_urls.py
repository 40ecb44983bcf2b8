"""Addresses of the desk's door and of its people, stores, keys and trail."""

from django.urls import path

from portal.desk import audit_views, key_views, login_views, staff_views, store_views

urlpatterns = [
    path("login/", login_views.DeskLogin.as_view(), name="login"),
    path("logout/", login_views.leave, name="logout"),
    path("enter/", login_views.enter, name="enter"),
    path("staff/", staff_views.staff_list, name="staff_list"),
    path("staff/new/", staff_views.staff_new, name="staff_new"),
    path("staff/<int:user_id>/", staff_views.staff_edit, name="staff_edit"),
    path("staff/<int:user_id>/active/", staff_views.staff_active, name="staff_active"),
    path("staff/<int:user_id>/password/", staff_views.staff_password, name="staff_password"),
    path("staff/<int:user_id>/assign/", staff_views.staff_assign, name="staff_assign"),
    path("staff/assignments/<int:assignment_id>/remove/", staff_views.staff_unassign, name="staff_unassign"),
    path("roles/", staff_views.roles, name="roles"),
    path("roles/new/", staff_views.role_new, name="role_new"),
    path("stores/", store_views.store_list, name="store_list"),
    path("stores/<int:store_id>/rename/", store_views.store_rename, name="store_rename"),
    path("stores/<int:store_id>/close/", store_views.store_close, name="store_close"),
    path("store/", store_views.store_switch, name="store_switch"),
    path("api-keys/", key_views.api_keys, name="api_keys"),
    path("api-keys/<str:prefix>/revoke/", key_views.api_key_revoke, name="api_key_revoke"),
    path("audit/", audit_views.audit, name="audit"),
]
