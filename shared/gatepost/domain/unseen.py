"""Characters that show as nothing: a name must not hold what nobody can see in it."""

import unicodedata
from typing import Final

_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # shown as nothing
# They join or part letters in some scripts and in emoji, and set the direction of what is beside them.
_OF_WRITING: Final = frozenset("\u200c\u200d\u200e\u200f\u061c")


def unseen_in_name(text: str) -> str:
    """The first character of an address or a number that cannot be seen, or passes for another."""
    return next((each for each in text if _is_unseen(each)), "")


def unseen_in_words(text: str) -> str:
    """The first character of a title that cannot be seen and that no script or emoji needs."""
    return next((each for each in text if _breaks(each)), "")


def is_blank(text: str) -> bool:
    """Whether there is nothing to see in it."""
    return all(each.isspace() or _is_unseen(each) for each in text)


def code_of(character: str) -> str:
    """``U+202E``: how a sentence names what it cannot show."""
    return f"U+{ord(character):04X}"


def _is_unseen(character: str) -> bool:
    if character.isascii():
        return not character.isprintable()
    variation = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    return variation or character in _BLANK or unicodedata.category(character)[0] in "CZ"


def _breaks(character: str) -> bool:
    if character.isascii():
        return not character.isprintable()
    return character not in _OF_WRITING and unicodedata.category(character) in _BREAKING


_BREAKING: Final = ("Cc", "Cf", "Zl", "Zp")  # controls, overrides of the direction, ends of lines
