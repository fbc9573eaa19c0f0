"""Where a person is signed in."""

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone


def sign_out_elsewhere(user: User, here: str | None) -> int:
    """End all sessions of `user` but `here`; how many there were. Open sockets notice within half a minute.

    A session does not say in the clear whose it is, so all that are alive are read.
    """
    others = Session.objects.filter(expire_date__gt=timezone.now()).exclude(session_key=here)
    theirs = [one.pk for one in others.iterator() if one.get_decoded().get(SESSION_KEY) == str(user.pk)]
    return Session.objects.filter(pk__in=theirs).delete()[0]
