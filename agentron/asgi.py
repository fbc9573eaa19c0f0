"""The web: HTTP for Django, WebSockets for the chat."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentron.settings")
django = get_asgi_application()

# These need Django to be set up, which the line above did.
from agentron import access_log, bodies  # noqa: E402
from agentron.lanes import in_lanes  # noqa: E402
from chat.routing import websocket_urlpatterns  # noqa: E402

access_log.mask_tokens()
bodies.bound()
application = ProtocolTypeRouter({"http": in_lanes(django), "websocket": URLRouter(websocket_urlpatterns)})
