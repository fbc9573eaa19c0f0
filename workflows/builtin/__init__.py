"""The tools that come with the engine; importing this registers them."""

from workflows.builtin import agents, ask, clock, memory, runs, web, workflows

__all__ = ["agents", "ask", "clock", "memory", "runs", "web", "workflows"]
