"""Agents, models and runs, for administrators."""

from workflows.admin import agents, inside, providers, questions, runs, workflows

__all__ = ["agents", "inside", "providers", "questions", "runs", "workflows"]
