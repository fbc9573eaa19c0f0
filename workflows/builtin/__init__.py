"""The tools that come with the engine; importing this registers them."""

from workflows.builtin import ask, clock, memory, web

__all__ = ["ask", "clock", "memory", "web"]
