"""What the sandbox plays in ``gatepost demo``: the Harbor Bridge job, its ERP and its mail server."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from gatepost_sandbox import upstream
from gatepost_sandbox.bookkeeper import write_by_hand
from gatepost_sandbox.front_office import toggled
from gatepost_sandbox.serving import Sandbox
from gatepost_sandbox.settings import Settings
from gatepost_sandbox.story import Story
from gatepost_sandbox.verdicts import Verdict, verdicts

if TYPE_CHECKING:
    from gatepost.cli.stage import Stage

#: How the exporter reaches the ERP. The times are short, so that nobody has to wait for the story.
OPTIONS: Final = 'options = { url = "%s", timeout = 2, settle = 1 }'
#: Whom anybody may be in the demo, those with the most to do first.
PERSONAS: Final = (
    ("ann@harbor.example", "accounting approver: accepts, rejects, retries"),
    ("uma@harbor.example", "sends commitments and invoices from the job"),
    ("omar@harbor.example", "operator: keeps exports going, decides nothing"),
    ("bo@harbor.example", "approver and admin: rights, settings, connections"),
    ("rita@harbor.example", "reads only"),
)
_AS_SHIPPED: Final = 'options = { url = "http://127.0.0.1:9009" }'


class HarborBridge:
    """The other side of the gate.

    Args:
        any_port: listen anywhere, rather than where people expect it.

    """

    def __init__(self, *, any_port: bool) -> None:
        settings = Settings()
        self._anywhere = settings.model_copy(update={"http_port": 0, "smtp_port": 0})
        self.sandbox = Sandbox(self._anywhere if any_port else settings)
        self._story = Story(self.sandbox)

    def start(self) -> dict[str, str]:
        """Start the ERP and the mail server, elsewhere when their usual ports are taken."""
        try:
            self.sandbox.start()
        except OSError:
            self.sandbox.settings = self._anywhere
            self.sandbox.start()
        return {"GATEPOST_SMTP_URL": self.sandbox.smtp_url}

    def stop(self) -> None:
        self.sandbox.stop()

    def directory(self) -> str:
        """Harbor Builders, with the address the ERP has now."""
        text = upstream.directory()
        assert _AS_SHIPPED in text, "the catalogue's directory names its ERP otherwise"  # noqa: S101 - our own file
        return text.replace(_AS_SHIPPED, OPTIONS % self.sandbox.http_url)

    def places(self) -> Sequence[tuple[str, str, str]]:
        url = self.sandbox.http_url
        return (
            ("Mailbox", f"{url}/mailbox", "every mail that was posted"),
            ("ERP", f"{url}/books", "its books, and the switch that makes it fail"),
            ("SMTP", self.sandbox.smtp_url, "where mails are posted to"),
        )

    def personas(self) -> Sequence[tuple[str, str]]:
        return PERSONAS

    def fail_or_heal(self) -> str:
        return toggled(self.sandbox.switch)

    def suggestions(self, program: str) -> Sequence[tuple[str, str]]:
        behaviour = f"curl -X PUT {self.sandbox.http_url}/erp/behaviour -d"
        as_ann = "--as ann@harbor.example"
        return (
            ("what waits for a decision", f"{program} items list --list ready_to_export"),
            ("accept something; it is in the ERP a moment later",
             f"{program} accept {self._story.waiting_subject} {as_ann}"),
            ("send something back; whoever made it gets a mail",
             f'{program} reject SUBJECT --comment "wrong cost code" {as_ann}'),
            ("let the ERP fail, accept something, and see what becomes of it",
             f"""{behaviour} '{{"mode": "refuse"}}'"""),
            ("heal it, and retry what has failed",
             f"""{behaviour} '{{"mode": "ok"}}'; {program} failed list --by-cause;"""
             f" {program} failed retry --cause KEY {as_ann}"),
            ("follow what happens", f"{program} listen"),
        )  # fmt: skip

    def perform(self, stage: "Stage") -> None:
        self._story.play(stage)

    def go_on(self, stage: "Stage") -> None:
        if all(record["mark"] for record in self.sandbox.books.records()):
            write_by_hand(self.sandbox.books)
        self._story.go_on(stage)

    def verdicts(self, stage: "Stage") -> Sequence[Verdict]:
        return verdicts(stage, self._story, self.sandbox)
