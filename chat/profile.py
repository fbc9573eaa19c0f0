"""A person's own settings."""

from functools import cache
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from chat.forms import ClockForm, TokenForm
from chat.http.auth import person
from chat.models import ApiToken, Profile
from chat.models.people import check_zone
from chat.sessions import sign_out_elsewhere
from chat.zones import zone_names


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest) -> HttpResponse:
    """Time zone and quiet hours; the other settings of the page have forms of their own."""
    form = ClockForm(request.POST or None, instance=Profile.of(person(request)))
    if form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("profile")
    return page(request, clock=form)


def page(request: HttpRequest, **context: Any) -> HttpResponse:
    """The profile page, with a form that was filled in where there is one."""
    found = {
        "clock": ClockForm(instance=Profile.of(person(request))),
        "zones": zones(),
        "themes": Profile.Theme.choices,
        "theme": Profile.of(person(request)).theme,
        **tokens(request),
    }
    return render(request, "site/profile.html", {**found, **context})


@cache
def zones() -> list[str]:
    """The time zones to choose from: those that are named after places, and UTC."""
    return sorted(zone for zone in zone_names() if zone == "UTC" or ("/" in zone and not zone.startswith("Etc/")))


def tokens(request: HttpRequest) -> dict[str, Any]:
    """What the list of tokens shows."""
    live = ApiToken.objects.filter(user=person(request), revoked_at=None)
    return {"tokens": live, "token_form": TokenForm()}


@login_required
@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """How the pages look from now on; the page itself has changed already."""
    theme = request.POST.get("theme", "")
    if theme not in Profile.Theme.values:
        return HttpResponse("There is no such theme: reload the page, and choose one.", status=422, content_type="text/plain")
    Profile.objects.update_or_create(user=person(request), defaults={"theme": theme})
    return HttpResponse(status=204)


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


@login_required
@never_cache
def make_token(request: HttpRequest) -> HttpResponse:
    """A new API token. This answer is the only place that ever shows it; whoever comes here by its address goes back."""
    if request.method != "POST":
        return redirect("profile")
    form = TokenForm(request.POST)
    form.user = person(request)
    if not form.is_valid():
        return page(request, token_form=form)
    try:
        with transaction.atomic():
            token, secret = ApiToken.issue(person(request), form.cleaned_data["name"])
    except IntegrityError:
        form.add_error("name", "You have just made a token of this name: choose another one.")
        return page(request, token_form=form)
    return page(request, made=token, secret=secret)


@login_required
@require_POST
def revoke_token(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End a token of one's own; its sockets close within half a minute."""
    token = get_object_or_404(ApiToken, user=person(request), pk=pk)
    if token.revoke():
        messages.success(request, f"“{token.name}” is revoked: programs that use it are signed out.")
    return redirect("profile")


@login_required
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def change_password(request: HttpRequest) -> HttpResponse:
    """A new password; whoever is signed in as this person elsewhere has to sign in again."""
    form = PasswordChangeForm(person(request), request.POST or None)
    if form.is_valid():
        form.save()
        update_session_auth_hash(request, form.user)
        messages.success(request, "Your password is changed. You are signed out everywhere else.")
        return redirect("profile")
    return render(request, "site/password.html", {"form": form})


@login_required
@require_POST
def leave_elsewhere(request: HttpRequest) -> HttpResponse:
    """Sign out on every other device."""
    ended = sign_out_elsewhere(person(request), request.session.session_key)
    messages.success(request, f"Signed out in {ended} other places." if ended != 1 else "Signed out in one other place.")
    return redirect("profile")
