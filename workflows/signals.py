"""News from runs and workflows. Receivers only write rows, inside the sender's transaction."""

from django.dispatch import Signal

# A run has ended. Sent with run=Run.
run_finished = Signal()

# A run asks its owner something. Sent with help_request=HelpRequest.
help_requested = Signal()

# A question was closed: answered, declined, expired or cancelled. Sent with help_request=HelpRequest.
help_closed = Signal()

# A workflow is about to be made or changed. Sent with definition=Definition, workflow=Workflow (None: a new one) and run=Run (None:
# no agent's run does it), inside the transaction; a receiver that refuses it raises RefusedError.
workflow_saving = Signal()

# It was made or changed. Sent with workflow=Workflow, by=User, run=Run or None, inside the transaction: what follows, follows at once.
workflow_saved = Signal()

# A turn that no person's message began is about to be put to its model. Sent with run=Run, inside the transaction; a receiver
# returns what the model is told in front of the prompt, in one line.
turn_beginning = Signal()

# An agent or a workflow is about to be deleted. Sent with agent=Agent or workflow=Workflow, inside the transaction;
# a receiver that still needs it raises ConflictError.
agent_closing = Signal()
workflow_closing = Signal()
