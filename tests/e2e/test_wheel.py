"""The package as `pip install .` leaves it."""

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.machine import ROOT

pytestmark = pytest.mark.processes

LOOK = """
import django
django.setup()
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import get_template
print(get_template("base.html").origin.name, finders.find("agentron.css"), settings.AGENTRON_DATA, sep="\\n")
"""


def test_an_installed_package_brings_its_pages_and_keeps_its_data_where_it_is_started(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path), str(ROOT)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    installed, here = tmp_path / "installed", tmp_path / "here"
    ZipFile(wheel).extractall(installed)
    here.mkdir()
    env = {**os.environ, "PYTHONPATH": str(installed), "AGENTRON_DATA": ""}

    done = subprocess.run([sys.executable, "-c", LOOK], cwd=here, env=env, capture_output=True, text=True, check=True)

    places = [f"{installed}/agentron/templates/base.html", f"{installed}/agentron/static/agentron.css", f"{here}/var"]
    assert done.stdout.splitlines() == places
