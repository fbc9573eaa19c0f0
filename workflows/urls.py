"""The pages about runs, their questions, and models."""

from django.urls import path

from workflows.views import models, questions, runs

urlpatterns = [
    path("runs/", runs.index, name="runs"),
    path("runs/<uuid:pk>/", runs.show, name="run"),
    path("runs/<uuid:pk>/cancel/", runs.cancel, name="run-cancel"),
    path("runs/<uuid:pk>/retry/", runs.retry, name="run-retry"),
    path("questions/<uuid:pk>/answer/", questions.answer, name="answer"),
    path("settings/models/", models.index, name="models"),
    path("settings/models/add/", models.add, name="model-add"),
    path("settings/models/<int:pk>/", models.edit, name="model-edit"),
    path("settings/models/<int:pk>/delete/", models.delete, name="model-delete"),
    path("settings/models/<int:pk>/default/", models.make_default, name="model-default"),
    path("settings/models/<int:pk>/test/", models.test, name="model-test"),
]
