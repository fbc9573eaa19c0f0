"""Thousands of documents made up by chance: Telegram takes every message, and a reader gets every word, in order.

DOCUMENTS says how many; 3000 are all of them.
"""

import os
import re

import pytest

from telegram_bridge.formatting import Chunk, render
from tests.telegram_bridge.documents import Writer
from tests.telegram_bridge.judge import refusal

pytestmark = pytest.mark.wide

DOCUMENTS = int(os.environ.get("DOCUMENTS", "300"))
SHARE = 100


def words(chunks: list[Chunk]) -> list[str]:
    """The words of a document that stand in its messages."""
    return re.findall(r"w\d+w", "".join(chunk.text for chunk in chunks))


@pytest.mark.parametrize("start", range(0, DOCUMENTS, SHARE))
def test_telegram_takes_every_message_and_no_word_is_lost(start: int) -> None:
    for seed in range(start, min(start + SHARE, DOCUMENTS)):
        writer = Writer(seed)
        markdown = writer.document()

        chunks = render(markdown)

        assert [refusal(chunk) for chunk in chunks] == [""] * len(chunks), seed
        assert words(chunks) == writer.words, seed


@pytest.mark.parametrize("start", range(0, DOCUMENTS, SHARE))
def test_telegram_takes_every_table_and_every_cell_is_there(start: int) -> None:
    for seed in range(start, min(start + SHARE, DOCUMENTS)):
        writer = Writer(seed)
        markdown = writer.table()

        chunks = render(markdown)

        assert [refusal(chunk) for chunk in chunks] == [""] * len(chunks), seed
        # A row that is told in words repeats the heads of the columns.
        assert set(words(chunks)) == set(writer.words), seed
