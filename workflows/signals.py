"""News from runs. Receivers only write rows, inside the sender's transaction."""

from django.dispatch import Signal

# A run has ended. Sent with run=Run.
run_finished = Signal()

# A run asks its owner something. Sent with help_request=HelpRequest.
help_requested = Signal()

# A question was closed: answered, declined, expired or cancelled. Sent with help_request=HelpRequest.
help_closed = Signal()
