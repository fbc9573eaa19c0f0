"""Where the sockets are."""

from django.urls import re_path

from chat.consumers import ChatConsumer, NowhereConsumer

websocket_urlpatterns = [
    re_path(r"^ws/chats/(?P<conversation_id>[^/]+)/$", ChatConsumer.as_asgi()),
    re_path(r"", NowhereConsumer.as_asgi()),
]
