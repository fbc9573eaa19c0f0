"""What is to be told to Telegram at once, once what was done is committed; none of it matters enough to be kept."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reply:
    """What the process carries out after the commit, as well as it can.

    A button that was pressed is always answered: `toast` is the short line it shows. `reaction` names the chat and the
    message that get 👀, the sign that it was received.
    """

    callback_id: str = ""
    toast: str = ""
    reaction: tuple[int, int] | None = None
