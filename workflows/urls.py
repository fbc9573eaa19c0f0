"""The pages about runs."""

from django.urls import path

from workflows import views

urlpatterns = [path("runs/<uuid:pk>/retry/", views.retry, name="run-retry")]
