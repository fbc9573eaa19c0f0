"""The pages about runs and models."""

from django.urls import path

from workflows import views

urlpatterns = [
    path("runs/", views.runs, name="runs"),
    path("runs/<uuid:pk>/", views.run, name="run"),
    path("runs/<uuid:pk>/retry/", views.retry, name="run-retry"),
    path("settings/models/", views.models, name="models"),
]
