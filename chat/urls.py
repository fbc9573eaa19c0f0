"""The pages of the ground: signing in, the profile, and the chat."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from chat import downloads, profile, sidebar, sign_in, views

urlpatterns = [
    path("chat/", views.home, name="chat"),
    path("chats/", sidebar.listed, name="conversations"),
    path("chats/new/", views.new_conversation, name="new-conversation"),
    path("chats/search/", sidebar.search, name="search"),
    path("chats/archived/", sidebar.archived, name="archived"),
    path("chats/<uuid:pk>/", views.conversation, name="conversation"),
    path("chats/<uuid:pk>/earlier/", views.earlier, name="earlier"),
    path("chats/<uuid:pk>/later/", views.later, name="later"),
    path("chats/<uuid:pk>/read/", sidebar.read, name="read"),
    path("chats/<uuid:pk>/rename/", sidebar.rename, name="rename"),
    path("chats/<uuid:pk>/archive/", sidebar.archive, name="archive"),
    path("chats/<uuid:pk>/deletion/", sidebar.deletion, name="deletion"),
    path("chats/<uuid:pk>/delete/", sidebar.delete, name="delete-conversation"),
    path("files/<uuid:pk>/", downloads.download, name="file"),
    path("profile/", profile.edit, name="profile"),
    path("profile/time-zone/", profile.tell_zone, name="tell-zone"),
    path("login/", sign_in.Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("sign-in/<str:secret>/", sign_in.by_link, name="sign-in"),
]
