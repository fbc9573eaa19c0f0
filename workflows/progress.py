"""A workflow's run on a terminal, as it goes on."""

from django.core.management.base import OutputWrapper

from chat.models import Message
from chat.terminal import Ended, Terminal
from workflows.models import Run


class Progress(Terminal):
    """Shows how the steps go on `err`, and the report on `out`; what the steps write on the way is not shown."""

    def grow(self, text: str) -> None:
        """Steps that run side by side would write over each other."""

    def show(self, message: Message) -> Ended | None:
        step, payload = message.payload.get("step"), message.payload
        if message.kind == Message.Kind.STATUS and step:
            number = f", round {payload['round']}" if payload.get("round", 1) > 1 else ""
            self.note(f"· {step}{number}: {payload.get('step_status') or payload.get('status')}")
            return None
        if message.kind == Message.Kind.MESSAGE:
            super().grow(message.text)
            self.end_line()
            return None
        return super().show(message)


def follow(run: Run, out: OutputWrapper, err: OutputWrapper, seq: int = 0) -> None:
    """Show `run` after `seq`, until it has ended or waits for a person; a failure ends the program with status 1."""
    terminal = Progress(out, err)
    try:
        ended = terminal.follow(run.conversation_id, run.pk, seq)
    except KeyboardInterrupt:
        err.write(f"The run goes on without you: `agentron runs show {run.pk}` shows it.")
        raise SystemExit(130) from None
    finally:
        terminal.close()
    if ended is Ended.ASKING:
        err.write(f"The run waits for you: `agentron runs show {run.pk}` shows it.")
    if ended is Ended.BADLY:
        raise SystemExit(1)
