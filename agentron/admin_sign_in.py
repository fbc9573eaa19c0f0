"""The way into the admin, which is the one into everything else."""

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse


def sign_in(request: HttpRequest) -> HttpResponse:
    """Send whoever is not signed in to the form for all; who is, and may not see the admin, is told so instead of asked again."""
    if request.user.is_authenticated and not admin.site.has_permission(request):
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))
