"""Addresses of the desk's own screens under /cms/leads/; each view says who may open it."""

from django.urls import URLPattern, path

from enrollment.admin.views import board

app_name = "desk"

urlpatterns: list[URLPattern] = [
    path("board/", board.board, name="board"),
    path("board/<int:pk>/move/", board.move_card, name="board-move"),
]
