"""What a person who is served says: a message of their conversation, with its files, or a change of what was said."""

from collections.abc import Sequence

from django.db import transaction

from chat import conversations, log
from chat import files as stored
from chat.errors import RefusedError
from chat.models import Conversation, File, Message
from telegram_bridge import answers, media, people, questions, talks, words
from telegram_bridge.incoming import Incoming
from telegram_bridge.media import Kept, Wanted
from telegram_bridge.replies import Reply
from telegram_bridge.talks import Heard
from workflows.answers import decision_in
from workflows.models import HelpRequest

CHANGED = "Changed a message to: "
KEPT = "I keep what you wrote first; send it anew, or say what to change."
EMPTY = "is empty, so I did nothing: send it again with something in it, and with your words."
MEANT_ELSE = "To speak of something else while a question waits, begin with /new."
NOT_FETCHED = "could not be fetched from Telegram: send it again."


def speak(heard: Heard, parts: Sequence[Incoming], files: Sequence[Kept]) -> Reply:
    """Say it where it belongs; or answer the question that it replies to. Raises RefusedError."""
    received = Reply(reaction=(heard.chat.chat_id, heard.incoming.id))
    shown = answered_message(heard)
    attachments = [(part, wanted) for part in parts if (wanted := media.attached(part.message))]
    asked = shown if shown and shown.kind == Message.Kind.HELP_REQUEST else None
    if asked and not attachments and answers.answer(heard, asked):
        return received
    for sentence in filter(None, (media.sentence(part.message) for part in parts)):
        heard.tell(sentence)
    if not attachments and not heard.incoming.text:
        return Reply()
    conversation = place_of(heard, shown)
    kept = [(part, file) for part, wanted in attachments if (file := keep(heard, conversation, wanted, files))]
    # Words about a file with nothing in it go with the file: both are to be sent again.
    empty = bool(attachments) and all(is_empty(downloaded(wanted, files)) for _, wanted in attachments)
    if not kept and (not heard.incoming.text or empty):
        return Reply()
    say(heard, conversation, shown, kept)
    return received


def answered_message(heard: Heard) -> Message | None:
    """The message of the person's own conversations that they reply to. Raises RefusedError for a question of somebody else."""
    replied = heard.incoming.replied
    found = talks.message_shown(heard.chat, replied["message_id"]) if replied else None
    if found and found.owner_id != heard.user.pk:
        answers.check_own(heard, found)
        return None
    return found


def place_of(heard: Heard, shown: Message | None) -> Conversation:
    """The conversation that is meant: that of the message which is answered, else the one that is spoken in."""
    if shown and shown.conversation_id != heard.talk.conversation_id:
        talks.turn_to(heard.talk, shown.conversation)
        # In a group there are no lists of one's own.
        back = " /resume goes back." if heard.chat.is_private else ""
        heard.tell(f"You are in “{words.literal(str(shown.conversation), 60)}” now, where this message stands.{back}", silent=True)
    return talks.conversation_of(heard.talk)


def downloaded(wanted: Wanted, files: Sequence[Kept]) -> Kept | None:
    """What came of downloading a file, if that was tried."""
    return next((file for file in files if file.wanted.file_id == wanted.file_id), None)


def is_empty(file: Kept | None) -> bool:
    """Whether a file was downloaded that has nothing in it."""
    return file is not None and not file.problem and not file.content


def keep(heard: Heard, conversation: Conversation, wanted: Wanted, files: Sequence[Kept]) -> File | None:
    """Keep what was downloaded in the conversation; where that cannot be, say why."""
    found = downloaded(wanted, files)
    problem = media.too_large(wanted) or (found.problem if found else f"“{wanted.name[:100]}” {NOT_FETCHED}")
    problem = f"“{wanted.name[:100]}” {EMPTY}" if is_empty(found) else problem
    if found and not problem:
        try:
            with transaction.atomic():
                return stored.keep(conversation, wanted.name, found.content, by=heard.user, via=Message.Via.TELEGRAM)
        except RefusedError as exc:
            problem = str(exc)
    heard.tell(words.literal(problem, 500))
    return None


def say(heard: Heard, conversation: Conversation, shown: Message | None, kept: Sequence[tuple[Incoming, File]]) -> None:
    """Post the words, and let them be answered. Only what is all the person's own can answer an open question."""
    incoming = heard.incoming
    names = [file.name for _, file in kept]
    if not incoming.text:
        log.name_after(conversation, ", ".join(names))
    last = talks.seen_by(heard.chat, conversation.pk, incoming.id)
    # What is answered stands right above, where it is the newest that the phone has shown.
    quoting = incoming.is_reply and not (shown and shown.seq >= last and "quote" not in incoming.message)
    text = words.composed(incoming, names, quoting=quoting)
    seen = last if text == incoming.text and answers.may_answer(heard, shown) else 0
    done = log.say(
        conversation,
        heard.user,
        text,
        via=Message.Via.TELEGRAM,
        client_id=f"telegram:{incoming.update.bot_id}:{incoming.update.update_id}",
        seen=seen,
        reply_to=shown.seq if shown else None,
    )
    said = done.message
    # Whoever writes has read what stands above, and goes on with what was put away.
    conversations.mark_read(conversation, last)
    if conversation.archived:
        conversations.archive(conversation, False)
    if done.created:
        tell_taken(heard, said, seen)
    talks.note_shown(heard.chat, [incoming.id], said)
    for part, file in kept:
        talks.note_shown(heard.chat, [part.id], file.message)
        talks.note_told(heard.talk, file.message, part.id)


def tell_taken(heard: Heard, said: Message, seen: int) -> None:
    """Say that a plain message was taken as the answer to a question, or that it answers none because several are open."""
    # Its conversation is locked: what follows the message came of it.
    answer = Message.objects.filter(conversation=said.conversation_id, seq__gt=said.seq, kind=Message.Kind.HELP_ANSWER).first()
    if answer:
        request = HelpRequest.objects.get(pk=answer.payload["request_id"])
        if not was_announced(heard, request):
            heard.tell(f"Taken as your answer to “{words.literal(request.question, 100)}”. {MEANT_ELSE}", silent=True)
        return
    waiting = list(HelpRequest.objects.open().filter(run__conversation=said.conversation_id, run__cancel_requested_at=None))
    if len(waiting) > 1 and any(request.message_seq <= seen and fits(request, said.text) for request in waiting):
        heard.tell(f"{len(waiting)} questions are open: reply to the one you mean, or press its button.", silent=True)


def was_announced(heard: Heard, request: HelpRequest) -> bool:
    """Whether the button for words of one's own was pressed here, so that an answer was awaited."""
    place = {"message__conversation": request.run.conversation_id, "message__seq": request.message_seq}
    return heard.chat.deliveries.filter(force_reply=True, **place).exists()


def fits(request: HelpRequest, text: str) -> bool:
    """Whether these words would answer a question, if it were the only one."""
    return request.kind in questions.IN_WORDS or (
        request.kind == HelpRequest.Kind.CONFIRMATION and decision_in(text, request.decisions) in ("yes", "no")
    )


def note_edit(incoming: Incoming) -> None:
    """Note in the conversation that a message was changed, and say that it begins nothing and answers nothing."""
    user, chat = people.sender_of(incoming)
    if chat is None or user is None or incoming.is_forward or not incoming.text:
        return
    said = talks.message_shown(chat, incoming.id)
    if said is None and incoming.is_addressed():
        tell_kept(Heard(incoming, chat, user, talks.talk_of(chat, incoming.thread_id, user)))
    if said is None or said.owner_id != user.pk or incoming.text == words.own_words(said.text):
        return
    update = incoming.update
    text, client_id = f"{CHANGED}{incoming.text}", f"telegram:{update.bot_id}:{update.update_id}"
    message = Message(author=Message.Author.USER, user=user, text=text, via=Message.Via.TELEGRAM, client_id=client_id)
    message.reply_to = said.seq
    log.post(said.conversation_id, message)
    talk = talks.talk_of(chat, incoming.thread_id, user)
    talks.note_told(talk, message, incoming.id)
    tell_kept(Heard(incoming, chat, user, talk))


def tell_kept(heard: Heard) -> None:
    """Say, once for a message, that changing it changes nothing here."""
    if not heard.chat.deliveries.filter(reply_to=heard.incoming.id, text=KEPT).exists():
        heard.tell(KEPT, silent=True)


def begin(heard: Heard, text: str) -> None:
    """Begin a conversation with a text; no question can have been seen in it."""
    update = heard.incoming.update
    conversation, client_id = talks.conversation_of(heard.talk), f"telegram:{update.bot_id}:{update.update_id}"
    said = log.say(conversation, heard.user, text, via=Message.Via.TELEGRAM, client_id=client_id, seen=0).message
    talks.note_shown(heard.chat, [heard.incoming.id], said)
