"""Addresses of files, imports and exports."""

from django.urls import path

from portal.desk import export_views, file_views, import_views, takeover_views

urlpatterns = [
    path("files/<str:token>/", file_views.download, name="file_download"),
    path("imports/", import_views.import_list, name="import_list"),
    path("imports/template/<str:kind>/", import_views.import_template, name="import_template"),
    path("imports/<int:import_id>/", import_views.import_detail, name="import_detail"),
    path("imports/<int:import_id>/confirm/", import_views.import_confirm, name="import_confirm"),
    path("imports/<int:import_id>/cancel/", import_views.import_cancel, name="import_cancel"),
    path("exports/", export_views.export_list, name="export_list"),
    path("exports/day/", export_views.export_day, name="export_day"),
    path("exports/new/<str:kind>/", export_views.export_new, name="export_new"),
    path("exports/<int:export_id>/", export_views.export_detail, name="export_detail"),
    path("takeover/", takeover_views.takeover_list, name="takeover_list"),
    path("takeover/template/", takeover_views.takeover_template, name="takeover_template"),
    path("takeover/<int:takeover_id>/", takeover_views.takeover_detail, name="takeover_detail"),
    path("takeover/<int:takeover_id>/cancel/", takeover_views.takeover_cancel, name="takeover_cancel"),
    path("takeover/<int:takeover_id>/undo/", takeover_views.takeover_undo, name="takeover_undo"),
]
