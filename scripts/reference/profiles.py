"""The page of profiles: what each ERP takes, how long, and what it asks for."""

from collections.abc import Iterator, Sequence

from gatepost.connectors.entries import Entry
from gatepost.connectors.profile import KindProfile, Profile, load_profile, profile_names
from gatepost.domain.kinds import Kind
from scripts.reference.parts import table, yes


def profiles_page() -> Iterator[str]:
    yield "# Profiles"
    yield ""
    yield "A profile says what an ERP takes. A connection names one in the directory file"
    yield '(`profile = "sage_100"`), or has its connector\'s own. What is longer than a limit is'
    yield "refused when it is sent, never cut. The files stand in"
    yield "`shared/gatepost/connectors/profiles`, each number with its source beside it."
    for key in profile_names():
        yield from _profile(load_profile(key))


def _profile(profile: Profile) -> Iterator[str]:
    yield from ("", f"## {profile.title}", "", f"`{profile.key}`, lengths in {profile.count}.", "")
    rows = [(kind.words, *_row(profile.kinds.get(kind))) for kind in Kind]
    yield from table(("kind", "at most", "may not be empty", "besides"), rows)
    entries = [(kind.words, *_entry(entry)) for kind in Kind for entry in profile.entries_of(kind)]
    if entries:
        yield from ("", "Asked for at accept time:", "")
        head = ("kind", "entry", "label", "type", "required", "format", "begins with")
        yield from table(head, entries)


def _row(profile: KindProfile | None) -> Sequence[str]:
    if profile is None:
        return "not taken", "", ""
    limits = ", ".join(f"`{place}` {limit}" for place, limit in profile.limits.items())
    required = ", ".join(f"`{place}`" for place in profile.required)
    besides = [f"no `{each}` in `{place}`" for place, each in profile.forbids.items()]
    besides += [f"{most} digits before the point in `{place}`"
                for place, most in profile.digits.items()]  # fmt: skip
    besides += [] if profile.credits else ["no negative total"]
    besides += [] if profile.updates else ["not changed once written"]
    return limits, required, ", ".join(besides)


def _entry(entry: Entry) -> Sequence[str]:
    kind = f"{entry.type} of {entry.options}s" if entry.options else entry.type.value
    shape = [f"at most {entry.max_length}"] if entry.max_length else []
    shape += [entry.hint or f"`{entry.pattern}`"] if entry.pattern else []
    begins = f"its {entry.prefill.value.replace('_', ' ')}" if entry.prefill else ""
    named = f"`{entry.name}`"
    return named, entry.label, kind, yes(entry.required), "; ".join(shape), begins
