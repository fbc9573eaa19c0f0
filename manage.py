#!/usr/bin/env python
"""Agentron's command line: `python manage.py COMMAND`, the same program as `agentron COMMAND`."""

import sys

from agentron.cli import main

if __name__ == "__main__":
    main(sys.argv)
