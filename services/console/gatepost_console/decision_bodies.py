"""What a request for a decision looks like. Unknown fields are refused: a typo must not decide."""

from typing import Annotated, Final

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from gatepost.ledger.tokens import Scope
from gatepost.messages.requests import Action
from gatepost_console.texts import WHOLE, Comment, Entries, Line

MOST: Final = 500  # decisions in one request

Revision = Annotated[int, Field(ge=1, lt=2**31, strict=True), WHOLE]

SCOPES: Final[dict[Action, tuple[Scope, ...]]] = {
    Action.ACCEPT: (Scope.ITEMS_DECIDE,),
    Action.REJECT: (Scope.ITEMS_DECIDE,),
    Action.TAKE_BACK: (Scope.ITEMS_DECIDE,),
    Action.RETRY: (Scope.ITEMS_DECIDE, Scope.EXPORTS_OPERATE),
    Action.RETRIEVE: (Scope.ITEMS_SEND,),
    Action.UNLINK: (Scope.ITEMS_DECIDE,),
    Action.ARCHIVE: (Scope.ITEMS_DECIDE,),
    Action.UNARCHIVE: (Scope.ITEMS_DECIDE,),
}
"""Which scopes of a token let it ask for an action; one of them is enough."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Entered(_Body):
    """The fields its ERP asks for when it is accepted."""

    entries: Entries = Field(default_factory=dict)


class Acceptance(Entered):
    """Let it pass, with the entries its ERP asks for; only as it was shown, if that is named."""

    revision: Revision
    preview_hash: Line = ""


class Rejection(_Body):
    """Send it back to its source."""

    revision: Revision
    comment: Comment = ""
    reason_code: Line = ""


class Retry(Entered):
    """Export it again, perhaps with corrected entries."""

    preview_hash: Line = ""


class Import(_Body):
    """Add a record to the source; ``external_id`` is the id the source will give it, if it is known."""

    external_id: Line = ""


class Link(_Body):
    """Tie a record to an item there is already."""

    item_id: Line


_NAMES_ITS_REVISION: Final[JsonDict] = {
    "if": {"properties": {"action": {"enum": [Action.ACCEPT.value, Action.REJECT.value]}}},
    "then": {"required": ["revision"], "properties": {"revision": {"type": "integer"}}},
}


class OneOfMany(Entered):
    """One decision among many. ``action`` may be called ``decision`` too, as in an event."""

    model_config = ConfigDict(json_schema_extra=_NAMES_ITS_REVISION)

    item_id: Line
    action: Annotated[Action, Field(validation_alias=AliasChoices("action", "decision"))]
    revision: Revision | None = None
    comment: Comment = ""
    reason_code: Line = ""
    preview_hash: Line = ""

    @model_validator(mode="after")
    def _names_its_revision(self) -> "OneOfMany":
        if self.revision is None and self.action in (Action.ACCEPT, Action.REJECT):
            raise ValueError("to accept or to reject, name the revision that was looked at")
        return self


class Decisions(_Body):
    """Many decisions at once."""

    decisions: Annotated[list[OneOfMany], Field(min_length=1, max_length=MOST)]
