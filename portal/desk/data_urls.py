"""Addresses of files, imports and exports."""

from django.urls import path

from portal.desk import file_views, import_views, takeover_views

urlpatterns = [
    path("files/<str:token>/", file_views.download, name="file_download"),
    path("imports/", import_views.import_list, name="import_list"),
    path("imports/template/<str:kind>/", import_views.import_template, name="import_template"),
    path("imports/<int:import_id>/", import_views.import_detail, name="import_detail"),
    path("imports/<int:import_id>/confirm/", import_views.import_confirm, name="import_confirm"),
    path("imports/<int:import_id>/cancel/", import_views.import_cancel, name="import_cancel"),
    path("takeover/", takeover_views.takeover_list, name="takeover_list"),
    path("takeover/template/", takeover_views.takeover_template, name="takeover_template"),
    path("takeover/<int:takeover_id>/", takeover_views.takeover_detail, name="takeover_detail"),
    path("takeover/<int:takeover_id>/cancel/", takeover_views.takeover_cancel, name="takeover_cancel"),
    path("takeover/<int:takeover_id>/undo/", takeover_views.takeover_undo, name="takeover_undo"),
]
