from django.apps import AppConfig


class TelegramBridgeConfig(AppConfig):
    name = "telegram_bridge"
    verbose_name = "Telegram"

    def ready(self) -> None:
        """Listen to what the apps below tell."""
        import telegram_bridge.receivers  # noqa: F401
