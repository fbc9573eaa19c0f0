"""The tailer: reads what is new in the log and hands it to the sockets that show it.

One a process, started by the first socket. An ear (a thread) waits for hints, a reader (another, with a database
connection of its own) reads. The reader alone decides what a socket gets, replay and live alike, and remembers for
each the last seq it handed over: so nothing comes twice, nothing is left out, and nothing needs a lock.
"""

import asyncio
import logging
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial, reduce
from operator import or_
from typing import Any
from uuid import UUID

from django import db
from django.db.models import Q

from chat import frames, hints
from chat.feeds import Feed, Parcels, Subscription, put
from chat.frames import Frame
from chat.models import Draft, Message
from chat.quotes import framed
from chat.signals import frames_wanted

log = logging.getLogger(__name__)

# A lost hint costs this much time, never content.
SWEEP_SECONDS = 2
HEAL_SECONDS = 5
RETRY_SECONDS = 0.5
CHUNK = 200
# Frames that a client may be behind; it is cut off beyond, and comes back with its last seq.
MOST_BEHIND = 1_000


class Tailer:
    """Feeds the sockets of this process. All methods but `start`, `tell` and `stop` belong to its reader thread."""

    def __init__(self) -> None:
        self.inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.feeds: dict[UUID, Feed] = {}
        self.replaying: set[Subscription] = set()
        self.dirty: set[UUID] = set()
        self.parcels: dict[asyncio.AbstractEventLoop, Parcels] = defaultdict(list)
        self.stopping = threading.Event()
        self.sweep_at = self.heal_at = 0.0
        self.threads = [threading.Thread(target=work, name=f"tail-{work.__name__}", daemon=True) for work in (self.read, self.listen)]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def tell(self, news: Callable[[], None]) -> None:
        """Let the reader do `news` next."""
        self.inbox.put(news)

    def stop(self) -> None:
        """Cut all sockets off and wait for both threads."""
        self.stopping.set()
        self.tell(lambda: None)
        for thread in self.threads:
            thread.join()

    def alive(self) -> bool:
        return self.threads[0].is_alive() and not self.stopping.is_set()

    def listen(self) -> None:
        """Be the ear: pass hints on, for conversations that somebody looks at."""
        listener = hints.listen(hints.PAGE)
        try:
            while not self.stopping.is_set():
                try:
                    heard = {UUID(hint) for hint in listener.wait(RETRY_SECONDS)}
                except db.Error as exc:
                    log.warning("No hints for now, reading every %s s instead: %s", SWEEP_SECONDS, exc)
                    self.stopping.wait(RETRY_SECONDS)
                    continue
                if wanted := {conversation_id for conversation_id in heard if conversation_id in self.feeds}:
                    self.tell(partial(self.dirty.update, wanted))
        finally:
            listener.close()

    def read(self) -> None:
        """Be the reader. Should it ever fail, its sockets are closed, and whoever comes back starts another."""
        try:
            while not self.stopping.is_set():
                self.take_in(self.patience())
                try:
                    self.deliver()
                except db.Error as exc:
                    log.warning("Sockets wait, the log cannot be read: %s", exc)
                    db.connection.close()
                    self.dirty.update(self.feeds)
                    self.stopping.wait(RETRY_SECONDS)
        finally:
            self.stopping.set()
            for subscription in [*self.replaying, *(one for feed in self.feeds.values() for one in feed.sockets)]:
                self.hand(subscription, [None])
            self.send_off()
            db.connection.close()

    def patience(self) -> float | None:
        """Seconds until there is something to do without any news; None when only news can bring it."""
        if self.dirty:
            return 0
        if self.replaying:
            return 0.02
        return max(self.sweep_at - time.monotonic(), 0) if self.feeds else None

    def take_in(self, seconds: float | None) -> None:
        """Do what is in the inbox, having waited for the first up to `seconds`."""
        try:
            self.inbox.get(timeout=seconds)()
            while True:
                self.inbox.get_nowait()()
        except queue.Empty:
            pass
        if self.stopping.is_set():
            return
        now = time.monotonic()
        if now >= self.sweep_at:
            self.sweep_at = now + SWEEP_SECONDS
            self.dirty.update(self.feeds)
        if now >= self.heal_at:
            self.heal_at = now + HEAL_SECONDS
            db.close_old_connections()

    def join(self, subscription: Subscription) -> None:
        """A socket opened: it gets what it missed, then what comes."""
        self.replaying.add(subscription)

    def leave(self, subscription: Subscription) -> None:
        """A socket closed."""
        self.replaying.discard(subscription)
        feed = self.feeds.get(subscription.conversation_id)
        if feed is None:
            return
        feed.sockets.discard(subscription)
        if not feed.sockets:
            del self.feeds[subscription.conversation_id]

    def deliver(self) -> None:
        """Read everything that is due and hand it over."""
        for subscription in list(self.replaying):
            self.replay(subscription)
        dirty = [conversation_id for conversation_id in self.dirty if conversation_id in self.feeds]
        self.dirty.clear()
        # SQLite builds a tree of the conditions, a hundred are well within its limits.
        for start in range(0, len(dirty), 100):
            self.follow(dirty[start : start + 100])
        self.send_off()

    def replay(self, subscription: Subscription) -> None:
        """Hand over a chunk of what a socket missed; the last chunk makes it live."""
        if subscription.behind > CHUNK:
            return
        rows = Message.objects.filter(conversation=subscription.conversation_id).after(subscription.seq)
        messages = list(rows.select_related("user")[:CHUNK])
        self.hand(subscription, with_extras(messages))
        if messages:
            subscription.seq = messages[-1].seq
        if subscription.cut_off or len(messages) == CHUNK:
            return
        self.replaying.discard(subscription)
        feed = self.feeds.setdefault(subscription.conversation_id, Feed(subscription.seq))
        feed.last = min(feed.last, subscription.seq)
        feed.sockets.add(subscription)
        self.dirty.add(subscription.conversation_id)

    def follow(self, conversation_ids: list[UUID]) -> None:
        """Hand over what is new in live conversations.

        Drafts are read before messages: what has vanished from the drafts is then among the messages for sure, so
        that a client gets the message first and the end of its draft right after.
        """
        drafts: dict[UUID, dict[UUID, Draft]] = defaultdict(dict)
        for draft in Draft.objects.filter(conversation__in=conversation_ids):
            drafts[draft.conversation_id][draft.pk] = draft
        places = (Q(conversation=pk, seq__gt=self.feeds[pk].last) for pk in conversation_ids)
        rows = Message.objects.filter(reduce(or_, places)).select_related("user").order_by("conversation", "seq")
        found: dict[UUID, list[Message]] = defaultdict(list)
        for message in rows[: 2 * CHUNK]:
            found[message.conversation_id].append(message)
        for conversation_id in conversation_ids:
            self.share(self.feeds[conversation_id], found[conversation_id], drafts[conversation_id])
        if sum(map(len, found.values())) == 2 * CHUNK:
            self.dirty.update(conversation_ids)

    def share(self, feed: Feed, messages: list[Message], drafts: dict[UUID, Draft]) -> None:
        """Give each socket of `feed` what it has not had."""
        news = with_extras(messages)
        ended = [frames.cleared(draft) for pk, draft in feed.drafts.items() if pk not in drafts]
        open_now = {pk: frames.of_draft(draft) for pk, draft in drafts.items()}
        changed = [frame for pk, frame in open_now.items() if pk not in feed.drafts or feed.drafts[pk].version != drafts[pk].version]
        for subscription in list(feed.sockets):
            fresh = [frame for frame in news if frame.seq is None or frame.seq > subscription.seq]
            self.hand(subscription, [*fresh, *(changed if subscription.greeted else open_now.values()), *ended])
            subscription.greeted = True
            if messages:
                subscription.seq = max(subscription.seq, messages[-1].seq)
        feed.drafts = drafts
        if messages:
            feed.last = messages[-1].seq

    def hand(self, subscription: Subscription, parcel: Iterable[Frame | None]) -> None:
        """Put `parcel` up for a socket, or cut it off if its client is too slow."""
        content = list(parcel)
        if not content:
            return
        if subscription.behind + len(content) > MOST_BEHIND:
            subscription.cut_off = True
            self.leave(subscription)
            content = [None]
        subscription.handed += len(content)
        self.parcels[subscription.loop].append((subscription, content))

    def send_off(self) -> None:
        """Pass everything put up to the event loops, in one call each."""
        for loop, parcels in self.parcels.items():
            try:
                loop.call_soon_threadsafe(put, parcels)
            except RuntimeError:  # The loop was closed, and its sockets with it.
                for subscription, _ in parcels:
                    self.leave(subscription)
        self.parcels.clear()


def with_extras(messages: list[Message]) -> list[Frame]:
    """The frames of `messages`, followed by what the apps above add to them."""
    if not messages:
        return []
    answers: list[tuple[Any, Any]] = frames_wanted.send(sender=Message, messages=messages)
    return [*framed(messages), *(frame for _, extra in answers for frame in extra)]


_tailer: Tailer | None = None
_starting = threading.Lock()


def running() -> Tailer:
    """This process's tailer, started if there is none."""
    global _tailer
    with _starting:
        if _tailer is None or not _tailer.alive():
            _tailer = Tailer()
            _tailer.start()
        return _tailer


def subscribe(conversation_id: UUID, after: int) -> Subscription:
    """Everything after seq `after` in a conversation, from now on, in the running event loop."""
    subscription = Subscription(conversation_id, after, asyncio.get_running_loop())
    tailer = running()
    tailer.tell(partial(tailer.join, subscription))
    return subscription


def unsubscribe(subscription: Subscription) -> None:
    """The socket is gone."""
    if _tailer is not None:
        _tailer.tell(partial(_tailer.leave, subscription))


def stop() -> None:
    """End the tailer of this process, for tests and for a clean exit."""
    if _tailer is not None:
        _tailer.stop()
