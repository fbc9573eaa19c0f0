"""Python inside Agentron, one piece after the other: a command takes a second to start, and tests give dozens of them.

Each line of the input is a piece of code in JSON, each line of the output what it printed. A piece that fails ends the program.
"""

import io
import json
import sys
from contextlib import redirect_stdout

import django


def main() -> None:
    django.setup()
    from django.db import connections

    for line in sys.stdin:
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(json.loads(line), {})
        connections.close_all()
        print(json.dumps(printed.getvalue()), flush=True)


if __name__ == "__main__":
    main()
