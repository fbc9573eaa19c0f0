"""Whom an agent may give work for later: never somebody who may do more than itself."""

from tasks.models import Mode, Task
from workflows.assistant import agent_for
from workflows.authority import beyond
from workflows.builtin.agents import caller_of
from workflows.editing import AgentDefinition
from workflows.tools import ToolContext, ToolError


def check_worker(context: ToolContext, task: Task) -> None:
    """Raise ToolError when the agent that `task` asks may do more than the one that schedules it: the text would be its order."""
    worker = task.agent or agent_for(task.conversation)
    if task.mode != Mode.PROMPT_AGENT or worker is None or worker.pk == context.agent_id:
        return
    caller = caller_of(context)
    if found := next(iter(beyond(AgentDefinition.of(worker), caller)), ""):
        raise ToolError(
            f"“{worker}” may do more than you, so you cannot give it work: name yourself as the agent, “{caller}”, or tell the person. {found}"
        )
