from django.urls import path, re_path

from enrollment.views import capture, clicks, enquiries, learning, waiting

app_name = "enrollment"

urlpatterns = [
    path("enquire/", enquiries.enquire, name="enquire"),
    path("enquire/clicks/", clicks.count, name="clicks"),
    path("enquire/thanks/<slug:reference>/", enquiries.thanks, name="thanks"),
    # Both spellings: Django would redirect the one without a slash, and lose the body.
    re_path(r"^api/leads/?$", capture.receive_lead, name="receive-lead"),
    path("placement/", enquiries.placement, name="placement"),
    path("waiting/<int:cohort>/", waiting.place, name="waiting"),
    path("waiting/offer/<str:token>/", waiting.offer, name="offer"),
    path("learn/", learning.learn, name="learn"),
    path("learn/search/", learning.search, name="search"),
    path("learn/goal/", learning.goal, name="goal"),
    path("courses/<slug:course>/join/", learning.join, name="join"),
]
