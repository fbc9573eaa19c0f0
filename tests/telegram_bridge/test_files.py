"""Files from a phone: what they are called, and what is said of those with nothing in them."""

import pytest

from chat.models import File
from telegram_bridge.media import Kept, Wanted
from tests.telegram_bridge.phone import conversation, let_in, said

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 50


def test_a_photo_has_the_ending_of_what_it_is() -> None:
    _, phone = let_in()
    sizes = [{"file_id": "p1", "width": 800, "height": 600, "file_size": len(PNG)}]

    phone.say("", [Kept(Wanted("p1", "photo", "image/jpeg", len(PNG)), PNG)], photo=sizes)

    name = File.objects.get().name
    assert name.startswith("photo-")
    assert (name.count("."), name.endswith(".png")) == (1, True)
    assert conversation(phone).title == name


@pytest.mark.parametrize("caption", ["", "summarise this"])
def test_an_empty_file_gets_one_sentence_and_begins_nothing(caption: str) -> None:
    user, phone = let_in()
    document = {"file_id": "f1", "file_name": "notes.txt", "mime_type": "text/plain", "file_size": 0}

    phone.say("", [Kept(Wanted("f1", "notes.txt", "text/plain", 0))], caption=caption, document=document)

    assert len(phone.told()) == 1
    assert "is empty, so I did nothing" in phone.told()[0]
    assert not said(user)
