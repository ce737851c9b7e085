"""What a request for a decision looks like. Unknown fields are refused: a typo must not decide."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gatepost.ledger.tokens import Scope
from gatepost.messages.requests import Action
from gatepost_console.texts import Comment, Line

MOST: Final = 500  # decisions in one request

Revision = Annotated[int, Field(ge=1, lt=2**31, strict=True)]
Entries = Annotated[dict[Line, Comment], Field(max_length=100)]

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


class Acceptance(_Body):
    """Let it pass, with the entries its ERP asks for."""

    revision: Revision
    entries: Entries = Field(default_factory=dict)


class Rejection(_Body):
    """Send it back to its source."""

    revision: Revision
    comment: Comment = ""
    reason_code: Line = ""


class Retry(_Body):
    """Export it again, perhaps with corrected entries."""

    entries: Entries = Field(default_factory=dict)


class Import(_Body):
    """Add a record to the source; ``external_id`` is the id the source will give it, if it is known."""

    external_id: Line = ""


class Link(_Body):
    """Tie a record to an item there is already."""

    item_id: Line


class OneOfMany(_Body):
    """One decision among many."""

    item_id: Line
    action: Action
    revision: Revision | None = None
    comment: Comment = ""
    reason_code: Line = ""
    entries: Entries = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_its_revision(self) -> "OneOfMany":
        if self.revision is None and self.action in (Action.ACCEPT, Action.REJECT):
            raise ValueError("to accept or to reject, name the revision that was looked at")
        return self


class Decisions(_Body):
    """Many decisions at once."""

    decisions: Annotated[list[OneOfMany], Field(min_length=1, max_length=MOST)]
