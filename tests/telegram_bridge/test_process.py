"""`agentron telegram` as a process: it ends in time, and another one takes over from a dead one."""

import time

import pytest

from tests.fakes.telegram import ADA, Telegram, running
from tests.machine import Machine

pytestmark = pytest.mark.processes

LET_IN = f"""
from django.contrib.auth.models import User
from telegram_bridge.models import TelegramAccount, TelegramSettings
ada = User.objects.create_user("ada")
TelegramAccount.objects.create(telegram_id={ADA.id}, name="Ada", user=ada, allowed=True)
TelegramSettings(enabled=True).save()
"""


def test_it_ends_within_five_seconds_and_loses_nothing(machine: Machine) -> None:
    with running() as telegram:
        machine.env |= telegram.env
        machine.tell(LET_IN)
        program = machine.start("telegram")
        received(telegram, "before")

        took = program.stop()
        later = telegram.say("while it was away")
        again = machine.start("telegram")
        telegram.wait(lambda: later.reaction, 60)

        assert (took < 5, program.popen.returncode, again.output.count("Traceback")) == (True, 0, 0)


def test_a_second_one_takes_over_from_a_dead_one(machine: Machine) -> None:
    with running() as telegram:
        machine.env |= telegram.env
        machine.tell(LET_IN)
        first, second = machine.start("telegram"), machine.start("telegram")
        received(telegram, "to whoever has the lease")

        first.popen.kill()
        begun = time.monotonic()
        received(telegram, "to whoever is left")

        assert time.monotonic() - begun < 20
        assert second.popen.poll() is None
        assert len([call for call in telegram.calls("setMessageReaction") if call.chat_id == ADA.id]) == 2


def received(telegram: Telegram, text: str) -> None:
    """Ada writes, and is shown that it was received."""
    sent = telegram.say(text)
    telegram.wait(lambda: sent.reaction, 60, "the sign that it was received")
