"""Ways in: a password, or a link that works once."""

from django.contrib.auth import login
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from chat.forms import SignInForm
from chat.models import SignInLink
from chat.models.people import digest

BACKEND = "django.contrib.auth.backends.ModelBackend"


class Login(LoginView):
    """Name and password; too many wrong ones lock the door for a while (django-axes)."""

    authentication_form = SignInForm
    template_name = "sign_in/password.html"
    redirect_authenticated_user = True


@sensitive_variables("secret")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def by_link(request: HttpRequest, secret: str) -> HttpResponse:
    """A GET shows a button, for programs that look at links in advance must not use them up; a POST signs in."""
    if request.method == "POST":
        user = SignInLink.redeem(secret)
        if user is not None and user.is_active:
            # django-axes keeps the address of each sign-in, and this one is a secret.
            request.META["PATH_INFO"] = reverse("sign-in", args=["***"])
            login(request, user, backend=BACKEND)
            return redirect("chat")
    live = SignInLink.objects.filter(hash=digest(secret), used_at=None, expires_at__gt=timezone.now()).exists()
    response = render(request, "sign_in/link.html", {"live": live and request.method != "POST"})
    # The address is a secret, so no referrer may carry it; “no-referrer” would also make a browser's POST come
    # from nowhere (Origin: null), which the CSRF check rightly refuses.
    response["Referrer-Policy"] = "strict-origin"
    return response
