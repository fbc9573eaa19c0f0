"""Agents, workflows, runs and questions over HTTP."""

from workflows.api.agents import router as agents
from workflows.api.runs import router as runs
from workflows.api.workflows import router as workflows

__all__ = ["agents", "runs", "workflows"]
