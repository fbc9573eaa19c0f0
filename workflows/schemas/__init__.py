"""What the API takes and gives for agents, workflows, runs and questions."""

from workflows.schemas.agents import AgentChange, AgentIn, AgentOut, Agents
from workflows.schemas.questions import HelpRequestOut, HelpRequests, RespondIn
from workflows.schemas.revisions import RevisionOut, Revisions, RollbackIn
from workflows.schemas.runs import MOST_LISTED, Events, ExecuteIn, LoadOut, RerunIn, RunOut, Runs, StepOut, ToolCallOut, UsageOut
from workflows.schemas.workflows import WorkflowChange, WorkflowIn, WorkflowOut, Workflows

__all__ = [
    "MOST_LISTED",
    "AgentChange",
    "AgentIn",
    "AgentOut",
    "Agents",
    "Events",
    "ExecuteIn",
    "HelpRequestOut",
    "HelpRequests",
    "LoadOut",
    "RerunIn",
    "RespondIn",
    "RevisionOut",
    "Revisions",
    "RollbackIn",
    "RunOut",
    "Runs",
    "StepOut",
    "ToolCallOut",
    "UsageOut",
    "WorkflowChange",
    "WorkflowIn",
    "WorkflowOut",
    "Workflows",
]
