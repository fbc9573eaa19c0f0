"""The processes that Agentron consists of, as plans for the supervisor.

Each `prepare` imports what its process needs, so that a restart is quick and the memory is shared.
"""

import socket
from functools import partial

from agentron import clock
from agentron.child import Plan
from telegram_bridge import process
from workflows import cluster
from workflows.life import Pulse


def worker(clusters: int) -> list[Plan]:
    """What drives runs: `clusters` clusters for them, one for the chores, and a clock."""
    numbers = range(1, clusters + 1)
    runs = [Plan(f"runs-{number}" if clusters > 1 else "runs", partial(cluster.run, cluster.RUNS), load_models) for number in numbers]
    return [*runs, Plan("chores", partial(cluster.run, cluster.CHORES), load_models), Plan("clock", tick)]


def web(listener: socket.socket) -> Plan:
    """The web server on a socket that the supervisor keeps open: a request during a restart waits instead of failing."""
    return Plan("web", partial(serve, listener), load_pages)


def telegram() -> Plan:
    """Telegram in and out."""
    return Plan("telegram", chat_with_telegram)


def load_models() -> None:
    """Import the model libraries: 80 MB that every worker then shares."""
    import workflows.drain
    import workflows.llm.step  # noqa: F401
    from workflows.llm.models import preload

    preload()


def load_pages() -> None:
    """Import everything behind the pages. Not Daphne's server: its event loop must not be shared by a fork."""
    import agentron.asgi
    import agentron.urls  # noqa: F401


def serve(listener: socket.socket, life: int) -> None:
    """Be the web server."""
    from daphne.server import Server
    from twisted.internet.task import LoopingCall

    from agentron.asgi import application

    def ready() -> None:
        LoopingCall(Pulse(life).tick).start(1)

    endpoint = f"fd:fileno={listener.fileno()}"
    if listener.family == socket.AF_INET6:
        # Twisted adopts IPv4 sockets only by this name.
        host, port, *_ = listener.getsockname()
        listener.close()
        endpoint = "tcp:port={}:interface={}".format(port, host.replace(":", r"\:"))
    Server(application, endpoints=[endpoint], verbosity=0, application_close_timeout=3, ready_callable=ready).run()


def tick(life: int) -> None:
    """Be the clock."""
    clock.run(Pulse(life).tick)


def chat_with_telegram(life: int) -> None:
    """Be the telegram process."""
    process.run(Pulse(life).tick)
