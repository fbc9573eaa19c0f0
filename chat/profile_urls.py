"""What a person sets for themselves, beside the profile page itself."""

from django.urls import path

from chat import profile

urlpatterns = [
    path("theme/", profile.choose_theme, name="choose-theme"),
    path("tokens/", profile.make_token, name="make-token"),
    path("tokens/<uuid:pk>/revoke/", profile.revoke_token, name="revoke-token"),
    path("password/", profile.change_password, name="change-password"),
    path("sign-out-elsewhere/", profile.leave_elsewhere, name="leave-elsewhere"),
]
