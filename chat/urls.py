"""The pages of the ground: signing in, the profile, and the chat."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from chat import profile, sign_in, views

urlpatterns = [
    path("chat/", views.home, name="chat"),
    path("chats/", views.conversations, name="conversations"),
    path("chats/new/", views.new_conversation, name="new-conversation"),
    path("chats/<uuid:pk>/", views.conversation, name="conversation"),
    path("chats/<uuid:pk>/earlier/", views.earlier, name="earlier"),
    path("profile/", profile.edit, name="profile"),
    path("profile/time-zone/", profile.tell_zone, name="tell-zone"),
    path("login/", sign_in.Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("sign-in/<str:secret>/", sign_in.by_link, name="sign-in"),
]
