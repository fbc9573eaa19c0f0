"""What a person does about Telegram on the site."""

from django.urls import path

from telegram_bridge import views

urlpatterns = [
    path("link/", views.link, name="link-telegram"),
    path("linked/", views.linked, name="telegram-linked"),
    path("<int:pk>/unlink/", views.unlink, name="unlink-telegram"),
]
