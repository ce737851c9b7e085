"""The page of what must hold before an item may be sent."""

from collections.abc import Iterator
from typing import Final

from gatepost.domain.kinds import Kind
from gatepost.domain.rules import RULES, Rule
from gatepost.domain.rules.any_kind import SENDABLE_STATUS
from scripts.reference.parts import table

PROFILE_RULES: Final = {
    "kind_enabled": "The ERP takes items of that kind",
    "max_length": "No field is longer than the ERP can hold; nothing is ever cut to fit",
    "required": "No field is empty that the ERP needs",
    "forbidden_character": "No character stands where the ERP takes none of it",
    "not_negative": "No total is negative where the ERP takes no credits",
    "connection": "The company has a connection to an ERP",
}
ENTRY_RULES: Final = {
    "unknown_entry": "Nothing is entered that the ERP does not ask for",
    "missing": "Nothing is left out that has to be entered",
    "max_length": "No entry is longer than the ERP can hold",
    "format": "An entry has the format the ERP wants",
    "date": "A date is one, and written `2026-11-30`",
    "not_offered": "What is chosen is on the list that was read from the ERP",
}


def rules_page() -> Iterator[str]:
    yield "# Rules"
    yield ""
    yield "What must hold before an item may be sent. All rules are asked at once, and each one that"
    yield "does not hold is answered with `field`, `rule`, `message` and `who_can_fix`: on the event"
    yield "`gatepost.item.refused.v1`, in the HTTP answer, and by `POST /v1/events/check` beforehand."
    yield "A field that is missing or of the wrong shape is answered together with what the rules"
    yield "find in the rest; a rule that would need that field says nothing."
    for kind in Kind:
        settled = ", ".join(f"`{status}`" for status in sorted(SENDABLE_STATUS[kind]))
        yield from ("", f"## {kind.words.capitalize()}", "", f"Settled is: {settled}.", "")
        rows = [(f"`{rule.key}`", rule.sentence, _fixes(rule)) for rule in RULES[kind]]
        yield from table(("rule", "what must hold", "who can fix it"), rows)
    yield from ("", "## The ERP behind the company's connection", "")
    yield "From its [profile](profiles.md)."
    yield ""
    yield from table(("rule", "what must hold"), _listed(PROFILE_RULES))
    yield from ("", "## Entries, when an item is accepted", "")
    yield from table(("rule", "what must hold"), _listed(ENTRY_RULES))


def _fixes(rule: Rule) -> str:
    return rule.who_can_fix.partition(":")[0]


def _listed(rules: dict[str, str]) -> Iterator[tuple[str, str]]:
    for key, sentence in rules.items():
        yield f"`{key}`", sentence
