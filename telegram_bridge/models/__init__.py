"""Telegram's side: settings, people and chats, the inbox, the outbox."""

from telegram_bridge.models.inbox import Update
from telegram_bridge.models.outbox import Delivery, DeliveryState, Keyboard, LiveMessage, Shown
from telegram_bridge.models.people import TelegramAccount, TelegramChat, TelegramLinkCode, TelegramPast, TelegramTalk
from telegram_bridge.models.settings import TelegramSettings, TelegramState

__all__ = [
    "Delivery",
    "DeliveryState",
    "Keyboard",
    "LiveMessage",
    "Shown",
    "TelegramAccount",
    "TelegramChat",
    "TelegramLinkCode",
    "TelegramPast",
    "TelegramSettings",
    "TelegramState",
    "TelegramTalk",
    "Update",
]
