"""Telegram, for administrators."""

from telegram_bridge.admin import people, settings, traffic

__all__ = ["people", "settings", "traffic"]
