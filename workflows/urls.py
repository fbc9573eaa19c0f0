"""The pages about workflows, runs, their questions, and models."""

from django.urls import path

from workflows.views import credentials, editor, models, questions, runs, workflows

urlpatterns = [
    path("workflows/", workflows.index, name="workflows"),
    path("workflows/new/", editor.new, name="workflow-new"),
    path("workflows/<uuid:pk>/", workflows.show, name="workflow"),
    path("workflows/<uuid:pk>/edit/", editor.edit, name="workflow-edit"),
    path("workflows/<uuid:pk>/run/", workflows.run, name="workflow-run"),
    path("workflows/<uuid:pk>/delete/", workflows.delete, name="workflow-delete"),
    path("workflows/<uuid:pk>/versions/<int:number>/", workflows.revision, name="workflow-revision"),
    path("runs/", runs.index, name="runs"),
    path("runs/<uuid:pk>/", runs.show, name="run"),
    path("runs/<uuid:pk>/cancel/", runs.cancel, name="run-cancel"),
    path("runs/<uuid:pk>/retry/", runs.retry, name="run-retry"),
    path("runs/<uuid:pk>/again/", runs.again, name="run-again"),
    path("runs/<uuid:pk>/steps/<uuid:step>/", runs.raw, name="run-messages"),
    path("questions/", questions.index, name="questions"),
    path("questions/badge/", questions.badge, name="waiting"),
    path("questions/<uuid:pk>/answer/", questions.answer, name="answer"),
    path("help/<uuid:pk>/credentials/", credentials.give, name="credentials"),
    path("settings/models/", models.index, name="models"),
    path("settings/models/add/", models.add, name="model-add"),
    path("settings/models/<int:pk>/", models.edit, name="model-edit"),
    path("settings/models/<int:pk>/delete/", models.delete, name="model-delete"),
    path("settings/models/<int:pk>/default/", models.make_default, name="model-default"),
    path("settings/models/<int:pk>/test/", models.test, name="model-test"),
]
