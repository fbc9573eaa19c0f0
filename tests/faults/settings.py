"""The product's settings, with an app that brings a scripted model and tools whose effects can be counted."""

from agentron.settings import *  # noqa: F403
from agentron.settings import INSTALLED_APPS

INSTALLED_APPS += ["tests.faults.peer"]
