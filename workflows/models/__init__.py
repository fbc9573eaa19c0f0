"""Agents and what they do: runs, steps, tool calls, questions, memory."""

from workflows.models.agent import Agent, Memory
from workflows.models.heartbeat import Heartbeat
from workflows.models.help_request import HelpRequest, HelpStatus
from workflows.models.provider import ModelProvider
from workflows.models.run import FINISHED, MOVES, Lane, Run, RunStatus, Trigger
from workflows.models.scheduling import GRACE_SECONDS, ExecutionMode, Misfire, Overlap
from workflows.models.secret import Secret
from workflows.models.spending import Spending
from workflows.models.step import CallState, Effect, StepRun, StepStatus, ToolCall
from workflows.models.workflow import Revision, Step, Workflow

__all__ = [
    "FINISHED",
    "GRACE_SECONDS",
    "MOVES",
    "Agent",
    "CallState",
    "Effect",
    "ExecutionMode",
    "Heartbeat",
    "HelpRequest",
    "HelpStatus",
    "Lane",
    "Memory",
    "Misfire",
    "ModelProvider",
    "Overlap",
    "Revision",
    "Run",
    "RunStatus",
    "Secret",
    "Spending",
    "Step",
    "StepRun",
    "StepStatus",
    "ToolCall",
    "Trigger",
    "Workflow",
]
