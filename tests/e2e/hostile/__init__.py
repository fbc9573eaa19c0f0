"""Texts that a model, a tool, a page or a person might send to take over whoever reads them, each under a name.

What they try is always one of: an alert, `owned` on the window or in the title, a request to evil.example, leaving the
page, pressing a button for the reader, or making the page unreadable.
"""

from tests.e2e.hostile.links import LINKS
from tests.e2e.hostile.markup import MARKUP
from tests.e2e.hostile.ours import OURS
from tests.e2e.hostile.shapes import SHAPES

CORPUS: dict[str, str] = {**MARKUP, **LINKS, **OURS, **SHAPES}
