"""Measure everything: `python -m tests.bench [--quick]`. PostgreSQL takes part where AGENTRON_TEST_POSTGRES gives a server.

A module of this folder takes part by its `measure(quick=…)`, which yields rows.
"""

import argparse
import importlib

MODULES = ("idle", "turns", "sockets", "locks", "pages", "lateness")


def main() -> None:
    """Print a line as soon as it is measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="measure a tenth, and what the web does on SQLite alone")
    parser.add_argument("modules", nargs="*", default=MODULES, help=f"which of {', '.join(MODULES)}; all without")
    chosen = parser.parse_args()
    for name in chosen.modules:
        for row in importlib.import_module(f"tests.bench.{name}").measure(quick=chosen.quick):
            print(row, flush=True)


if __name__ == "__main__":
    main()
