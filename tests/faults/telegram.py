"""Telegram under fire: `python -m tests.faults.telegram [--updates 300] [--kills 30] [--seconds 150]`.

People write while two telegram processes (one works, the other stands by) and a worker are killed with -9 at random. Telegram gives
some updates twice, and none in order. Afterwards each message was said once, in the order in which it was written; each was
answered, and what was answered reached the phone. Where a kill falls between Telegram's taking an answer and the note of it, the
answer may come twice: that is counted.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter

from tests.fakes.telegram import Person, Telegram, running
from tests.faults import arena

PEOPLE = [Person(1001 + number, name) for number, name in enumerate(["Ada", "Bob", "Cleo", "Dan", "Eve"])]
# Mostly the telegram processes; the worker has attacks of its own.
AT_WORKER = 0.3
REST_SECONDS = 60


class Pair:
    """Two telegram processes, started again when they die, as a supervisor would."""

    def __init__(self) -> None:
        self.log = open(os.path.join(os.environ["AGENTRON_DATA"], "telegram.log"), "ab")  # noqa: PTH118, PTH123, SIM115
        self.processes = [self.start(), self.start()]

    def start(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "manage.py", "telegram"]
        return subprocess.Popen(command, cwd=arena.ROOT, stdout=self.log, stderr=subprocess.STDOUT)

    def ensure(self) -> None:
        """Start the dead ones again."""
        self.processes = [one if one.poll() is None else self.start() for one in self.processes]

    def kill(self) -> None:
        """Kill the one that works, or now and then the other."""
        from telegram_bridge.models import TelegramState

        holder = TelegramState.now().leased_by
        working = [one for one in self.processes if f":{one.pid}@" in holder]
        random.choice(working if working and random.random() < 0.8 else self.processes).kill()

    def stop(self) -> float:
        """SIGTERM for both; how many seconds it took."""
        began = time.monotonic()
        for one in self.processes:
            one.send_signal(signal.SIGTERM)
        for one in self.processes:
            one.wait(20)
        return time.monotonic() - began


def main() -> int:
    """0 when everything held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--updates", type=int, default=300)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=150)
    chosen = parser.parse_args()
    with running() as telegram:
        os.environ |= telegram.env
        data = arena.prepare()
        from django.db import connection

        telegram.front.chance = random.Random(1)
        let_in()
        pair, worker = Pair(), arena.Worker()
        attack = threading.Thread(target=chaos, args=(pair, worker, chosen.kills, chosen.seconds))
        attack.start()
        said = write(telegram, chosen.updates, chosen.seconds)
        attack.join()
        rest(pair, worker)
        stopped = pair.stop()
        worker.stop()
        found = [*broken_in(said), *broken_out(telegram), *([f"stopping took {stopped:.1f} s"] if stopped > 5 else [])]
        print(f"{connection.vendor}: {chosen.updates} updates, {chosen.kills} kills; stopped in {stopped:.1f} s; logs in {data}")
        print(f"on phones more often than said: {dict(Counter(twice(telegram)))}")
        print("\n".join(found) or "each handled once, none lost, order kept; every answer reached its phone")
        return 1 if found else 0


def let_in() -> None:
    """Have all people served, and Telegram switched on."""
    from telegram_bridge.models import TelegramAccount, TelegramSettings
    from tests.factories import make_user

    for person in PEOPLE:
        TelegramAccount.objects.create(telegram_id=person.id, name=person.name, user=make_user(person.name), allowed=True)
    TelegramSettings(enabled=True).save()


def chaos(pair: Pair, worker: arena.Worker, kills: int, seconds: float) -> None:
    """Kill at random moments."""
    from django.db import connection

    for _ in range(kills):
        time.sleep(random.expovariate(1) * seconds / kills)
        pair.ensure()
        worker.ensure()
        if random.random() < AT_WORKER and (members := worker.crew()):
            with arena.suppress_gone():
                random.choice(members).kill()
        else:
            pair.kill()
    connection.close()


def write(telegram: Telegram, updates: int, seconds: float) -> dict[str, list[str]]:
    """Have everybody write, in turn; what each has written."""
    said: dict[str, list[str]] = {person.name: [] for person in PEOPLE}
    for number in range(updates):
        person, text = PEOPLE[number % len(PEOPLE)], f"word {number}"
        telegram.say(text, by=person)
        said[person.name].append(text)
        time.sleep(seconds / updates)
    return said


def rest(pair: Pair, worker: arena.Worker) -> None:
    """Wait until everything is done, or nothing has been done for a while."""
    before, since = left(), time.monotonic()
    while any(before) and time.monotonic() - since < REST_SECONDS:
        pair.ensure()
        worker.ensure()
        time.sleep(0.5)
        if (now := left()) != before:
            before, since = now, time.monotonic()


def left() -> tuple[int, ...]:
    """How much is still to be done: updates, turns, deliveries, talks with news that are not in the outbox."""
    from django.db.models import F

    from telegram_bridge.models import Delivery, DeliveryState, TelegramTalk, Update
    from workflows.models import Run, RunStatus

    return (
        Update.objects.filter(handled_at=None, parked_at=None).count(),
        # A call that was cut off and acts once waits for its owner, who is asked on the phone.
        Run.objects.unfinished().exclude(status=RunStatus.WAITING_FOR_USER).count(),
        Delivery.objects.exclude(state__in=(DeliveryState.SENT, DeliveryState.DEAD)).count(),
        TelegramTalk.objects.filter(conversation__last_seq__gt=F("delivered_seq")).count(),
    )


def broken_in(said: dict[str, list[str]]) -> list[str]:
    """What does not hold of what was written: each once, in order, none lost."""
    from chat.models import Message
    from telegram_bridge.models import Update

    found = [f"{row} was parked: {row.error}" for row in Update.objects.exclude(parked_at=None)]
    found += [f"{row} was not handled" for row in Update.objects.filter(handled_at=None, parked_at=None)]
    for name, texts in said.items():
        heard = Message.objects.filter(owner__username=name, author="user", via=Message.Via.TELEGRAM).order_by("seq")
        if list(heard.values_list("text", flat=True)) != texts:
            found.append(f"{name} wrote {texts}, and was heard saying {list(heard.values_list('text', flat=True))}")
    return found


def broken_out(telegram: Telegram) -> list[str]:
    """What does not hold of the answers: each has reached its phone, in order."""
    from chat.models import Message

    found = []
    for person in PEOPLE:
        rows = Message.objects.filter(owner__username=person.name, author="assistant", kind="message").order_by("seq")
        due, shown = [row.text for row in rows], telegram.texts(person.chat)
        found += [f"{person.name} was not told {text!r}" for text in Counter(due) - Counter(shown)]
        if len(due) < 1:
            found.append(f"{person.name} was not answered")
    return found


def twice(telegram: Telegram) -> list[str]:
    """What stands on a phone more often than it was said."""
    from chat.models import Message

    found: list[str] = []
    for person in PEOPLE:
        given = Counter(Message.objects.filter(owner__username=person.name, author="assistant").values_list("text", flat=True))
        found += (Counter(telegram.texts(person.chat)) - given).elements()
    return found


if __name__ == "__main__":
    raise SystemExit(main())
