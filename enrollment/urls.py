from django.urls import path

from enrollment.views import enquiries, learning

app_name = "enrollment"

urlpatterns = [
    path("enquire/", enquiries.enquire, name="enquire"),
    path("enquire/thanks/<str:reference>/", enquiries.thanks, name="thanks"),
    path("placement/", enquiries.placement, name="placement"),
    path("learn/", learning.learn, name="learn"),
    path("learn/search/", learning.search, name="search"),
    path("learn/goal/", learning.goal, name="goal"),
    path("courses/<slug:course>/join/", learning.join, name="join"),
]
