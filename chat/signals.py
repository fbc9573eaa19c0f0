"""News from the ground. Receivers only write rows, inside the sender's transaction."""

from django.dispatch import Signal

# A person wrote a message. Sent with message=Message, seen=int|None, agent=UUID|None;
# a receiver may set `message.run_id`.
message_posted = Signal()

# A person pressed something in a socket. Sent with user=User, conversation=Conversation, command=str, data=dict.
# The one receiver above returns a dict for the socket or raises RefusedError.
command_received = Signal()
