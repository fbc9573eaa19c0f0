"""A person's own settings."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from chat.http.auth import person
from chat.models import Profile
from chat.models.people import check_zone


@login_required
def edit(request: HttpRequest) -> HttpResponse:
    """Time zone, quiet hours, theme and API tokens."""
    return render(request, "site/profile.html")


@login_required
@require_POST
def tell_zone(request: HttpRequest) -> HttpResponse:
    """The browser's time zone, kept unless one was chosen before."""
    zone = request.POST.get("time_zone", "")
    try:
        check_zone(zone)
    except ValidationError as exc:
        return HttpResponse(exc.message, status=422, content_type="text/plain; charset=utf-8")
    Profile.objects.get_or_create(user=person(request))
    Profile.objects.filter(user=person(request), time_zone="").update(time_zone=zone)
    return HttpResponse(status=204)
