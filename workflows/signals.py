"""News from runs. Receivers only write rows, inside the sender's transaction."""

from django.dispatch import Signal

# A run has ended. Sent with run=Run.
run_finished = Signal()

# A run asks its owner something. Sent with help_request=HelpRequest.
help_requested = Signal()

# A question was closed: answered, declined, expired or cancelled. Sent with help_request=HelpRequest.
help_closed = Signal()

# An agent or a workflow is about to be deleted. Sent with agent=Agent or workflow=Workflow, inside the transaction;
# a receiver that still needs it raises ConflictError.
agent_closing = Signal()
workflow_closing = Signal()
