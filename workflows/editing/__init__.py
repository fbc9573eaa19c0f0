"""How agents and workflows come to be, change and go; every version is kept."""

from workflows.editing.agents import AgentDefinition, delete_agent, revise_agent, save_agent
from workflows.editing.revisions import as_text, changes, revision_of, revisions_of, roll_back
from workflows.editing.workflows import delete, save

__all__ = [
    "AgentDefinition",
    "as_text",
    "changes",
    "delete",
    "delete_agent",
    "revise_agent",
    "revision_of",
    "revisions_of",
    "roll_back",
    "save",
    "save_agent",
]
