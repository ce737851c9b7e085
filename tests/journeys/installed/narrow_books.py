"""A connector as a stranger installs one: books that have no place for invoices."""

from typing import ClassVar

from gatepost.connectors.profile import KindProfile, Profile
from gatepost.domain.kinds import Kind
from gatepost_exporter.sandbox import SandboxConnector


class NarrowConnector(SandboxConnector):
    """The sandbox's, for fewer kinds."""

    name: ClassVar[str] = "narrow"
    profile: ClassVar[Profile] = Profile(
        "narrow",
        "Narrow Books",
        {Kind.PROJECT: KindProfile(), Kind.COMMITMENT: KindProfile({"title": 40})},
    )
