"""Addresses of the desk's own screens under /cms/leads/; each view says who may open it."""

from django.urls import URLPattern, path

from enrollment.admin.views import board, bulk, cohorts, keeping, privacy, saved_views

app_name = "desk"

urlpatterns: list[URLPattern] = [
    path("board/", board.board, name="board"),
    path("board/<int:pk>/move/", board.move_card, name="board-move"),
    path("bulk/undo/", bulk.undo_bulk, name="bulk-undo"),
    path("bulk/<slug:name>/", bulk.bulk, name="bulk"),
    path("views/add/", saved_views.add_view, name="view-add"),
    path("views/<int:pk>/", saved_views.edit_view, name="view-edit"),
    path("views/<int:pk>/delete/", saved_views.delete_view, name="view-delete"),
    path("<int:pk>/files/<int:file>/", keeping.read_file, name="lead-file"),
    path("cohorts/<int:pk>/", cohorts.cohort, name="cohort"),
    path("waiting/", cohorts.waiting_lists, name="waiting-lists"),
    path("waiting/<int:pk>/", cohorts.change_place, name="waiting-change"),
    path("privacy/", privacy.overview, name="privacy"),
    path("privacy/log/", privacy.accesses, name="accesses"),
    path("people/<int:pk>/privacy/", privacy.person_privacy, name="person-privacy"),
    path("people/<int:pk>/consent/", privacy.consent, name="consent"),
    path("people/<int:pk>/guardian/", privacy.guardian, name="guardian"),
    path("people/<int:pk>/data/", privacy.take_away, name="take-away"),
    path("people/<int:pk>/restrict/", privacy.restrict, name="restrict"),
    path("people/<int:pk>/erase/", privacy.erase, name="erase"),
    path("people/<int:pk>/lift/", privacy.lift, name="lift"),
]
