"""The entry point of all commands."""

import os
import sys

import pytest

from agentron import cli


def test_whoever_reads_only_the_first_lines_sees_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)

    with os.fdopen(writer, "w") as output:
        monkeypatch.setattr(sys, "stdout", output)
        with pytest.raises(SystemExit) as ended:
            cli.main(["manage.py", "version"])

    assert ended.value.code == 1
