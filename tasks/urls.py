"""The page about what is scheduled, and what can be done there."""

from django.urls import path

from tasks.views import actions, anchors, lists, month, show, writing

urlpatterns = [
    path("scheduled/", lists.index, name="scheduled"),
    path("scheduled/new/", writing.new, name="task-new"),
    path("scheduled/new/understood/", writing.understood, name="task-understood"),
    path("scheduled/new/inputs/", writing.inputs, name="task-inputs"),
    path("scheduled/month/", month.show, name="task-month"),
    path("scheduled/<uuid:pk>/", show.show, name="task"),
    path("scheduled/<uuid:pk>/edit/", writing.edit, name="task-edit"),
    path("scheduled/<uuid:pk>/pause/", actions.pause, name="task-pause"),
    path("scheduled/<uuid:pk>/resume/", actions.resume, name="task-resume"),
    path("scheduled/<uuid:pk>/run/", actions.run_now, name="task-run"),
    path("scheduled/<uuid:pk>/cancel/", actions.cancel, name="task-cancel"),
    path("scheduled/<uuid:pk>/delete/", actions.delete, name="task-delete"),
    path("scheduled/in/<uuid:pk>/", anchors.index, name="task-anchors"),
]
