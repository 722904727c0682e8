"""Addresses of the desk's own screens under /cms/leads/; each view says who may open it."""

from django.urls import URLPattern, path

from enrollment.admin.views import (
    adding,
    assigning,
    board,
    bulk,
    cohorts,
    keeping,
    privacy,
    reconciliation,
    reports,
    saved_views,
    sources,
)

app_name = "desk"

urlpatterns: list[URLPattern] = [
    path("reports/", reports.report, name="report"),
    path("reports/<slug:name>/", reports.report, name="report"),
    path(
        "reports/<slug:name>/<slug:table>.<slug:file_format>/", reports.report_table, name="report-table"
    ),
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
    path("new/", adding.add_lead, name="add-lead"),
    path("reconciliation/", reconciliation.overview, name="reconciliation"),
    path("reconciliation/posts/", reconciliation.posts, name="posts"),
    path("reconciliation/posts/<str:reference>/", reconciliation.post, name="post"),
    path("sources/<int:pk>/sending/", sources.sending, name="source"),
    path("sources/<int:pk>/renew/", sources.renew, name="source-renew"),
    path("privacy/", privacy.overview, name="privacy"),
    path("privacy/log/", privacy.accesses, name="accesses"),
    path("people/<int:pk>/privacy/", privacy.person_privacy, name="person-privacy"),
    path("people/<int:pk>/consent/", privacy.consent, name="consent"),
    path("people/<int:pk>/guardian/", privacy.guardian, name="guardian"),
    path("people/<int:pk>/data/", privacy.take_away, name="take-away"),
    path("people/<int:pk>/restrict/", privacy.restrict, name="restrict"),
    path("people/<int:pk>/erase/", privacy.erase, name="erase"),
    path("people/<int:pk>/lift/", privacy.lift, name="lift"),
    path("unassigned/", assigning.unassigned, name="unassigned"),
    path("hand-over/<int:pk>/", assigning.reassign, name="hand-over"),
]
