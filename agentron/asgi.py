"""The web: HTTP for Django, WebSockets for the chat."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentron.settings")
application = get_asgi_application()
