"""Writes docs/reference from the code: settings, messages, life cycle, queues, HTTP, rules, profiles.

``python -m scripts.reference`` writes the pages; a test holds them against the code.
"""

from typing import Final

from scripts.reference.http import http_page
from scripts.reference.lifecycle import lifecycle_page
from scripts.reference.messages import messages_page
from scripts.reference.profiles import profiles_page
from scripts.reference.queues import queues_page
from scripts.reference.rules import rules_page
from scripts.reference.settings import settings_page

MADE: Final = "<!-- Made from the code by scripts/reference: change it there. -->"


def pages() -> dict[str, str]:
    """Every page by its name."""
    made = {
        "settings.md": settings_page,
        "messages.md": messages_page,
        "lifecycle.md": lifecycle_page,
        "queues.md": queues_page,
        "http.md": http_page,
        "rules.md": rules_page,
        "profiles.md": profiles_page,
    }
    return {name: "\n".join([MADE, "", *make()]).rstrip() + "\n" for name, make in made.items()}
