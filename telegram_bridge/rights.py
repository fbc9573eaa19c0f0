"""What somebody gives away who lets a Telegram account act as a user."""

from django.contrib.auth.models import User


def given_away(user: User) -> str:
    """What whoever is served as `user` may do that a plain user may not, in a sentence; empty for a plain user."""
    name = user.get_username()
    if user.is_superuser:
        what = f"{name} is a superuser"
    elif user.is_staff:
        what = f"{name} may enter the administration"
    elif user.user_permissions.exists() or user.groups.exists():
        what = f"{name} has more rights than a plain user"
    else:
        return ""
    return (
        f"{what}: whoever holds this Telegram account then reads {name}’s conversations, answers their questions and approvals, "
        f"and has the bot do all that {name} may have it do."
    )
