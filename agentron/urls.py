"""Where everything is on the web."""

from django.contrib import admin
from django.urls import include, path, re_path

from agentron.admin_sign_in import sign_in
from agentron.api import api, nothing_here
from agentron.home import begin, home

urlpatterns = [
    path("", home, name="home"),
    path("begin/", begin, name="begin"),
    path("", include("chat.urls")),
    path("profile/", include("chat.profile_urls")),
    path("profile/telegram/", include("telegram_bridge.urls")),
    path("", include("workflows.urls")),
    path("", include("tasks.urls")),
    path("admin/login/", sign_in),
    path("admin/", admin.site.urls),
    path("api/", api.urls),
    re_path(r"^api/", nothing_here),
]
