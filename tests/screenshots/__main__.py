"""Take the pictures: `python -m tests.screenshots` those of the README, `--all FOLDER` every state of every page, to be looked at."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.e2e import chromium
from tests.e2e.site import Site
from tests.fakes.model_server import running
from tests.machine import ROOT
from tests.screenshots import story
from tests.screenshots.camera import Camera

OWNER = "jo"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="all states, at 1280 and 380 px, light and dark")
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="agentron-pictures-") as folder,
        running("--stream-chunk-delay-ms", "15") as model,
        Site.up(Path(folder), AGENTRON_MODEL="openai-chat:gpt-5.2", TIME_ZONE="Europe/Lisbon", **model.env) as site,
        chromium.opened() as browser,
    ):
        camera = Camera(browser, site, chosen.all)
        camera.page.goto(site.link(OWNER))
        history(site)
        camera.shoot("sign-in-link")
        camera.page.get_by_role("button", name="Sign in").click()
        story.play(camera, model)
        if chosen.all:
            story.look_around(camera, model)


def history(site: Site) -> None:
    """Let the office have used it for two weeks, and its owner be its administrator."""
    site.machine.tell(f"from django.contrib.auth.models import User; {PROMOTE.format(OWNER)}")
    command = [sys.executable, "-m", "tests.screenshots.history", OWNER]
    env = {**site.machine.env, "DJANGO_SETTINGS_MODULE": "agentron.settings"}
    subprocess.run(command, cwd=ROOT, env=env, check=True)


PROMOTE = "User.objects.filter(username={!r}).update(is_staff=True, is_superuser=True)"

if __name__ == "__main__":
    main()
