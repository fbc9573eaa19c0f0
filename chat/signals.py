"""News from the ground. Receivers only write rows, inside the sender's transaction."""

from django.dispatch import Signal

# A person wrote a message. Sent with message=Message, seen=int|None, agent=UUID|None;
# a receiver may set `message.run_id`.
message_posted = Signal()

# The same message is about to be posted. Sent with conversation=Conversation, inside the transaction, before the
# conversation's row is locked: a receiver that will need other rows locks them now.
message_coming = Signal()

# A person pressed something in a socket. Sent with user=User, conversation=Conversation, command=str, data=dict.
# The one receiver above returns a dict for the socket or raises RefusedError.
command_received = Signal()

# Messages are about to be shown live. Sent with messages=list[Message]; a receiver returns further frames for
# the same sockets. It is called in the tailer's thread: read little, write nothing.
frames_wanted = Signal()

# Somebody chose an agent by id or name. Sent with user=User, reference=str; the receiver returns its id or None.
agent_wanted = Signal()

# A conversation is about to be deleted. Sent with conversation=Conversation; a receiver that still needs it
# raises ConflictError.
conversation_closing = Signal()

# Somebody may delete a conversation and is told first what would go with it. Sent with conversation=Conversation;
# a receiver returns how many rows of its own that are, by the word for one of them.
conversation_weighed = Signal()

# A page of a conversation is about to be shown. Sent with conversation=Conversation; a receiver returns the seqs of
# the messages that still wait for an answer.
open_questions_wanted = Signal()

# Messages of a task are about to be posted that answer nothing yet. Sent with messages=list[Message], inside the
# transaction; the receiver may set their `reply_to`.
task_messages_coming = Signal()
