"""The front desk: who may call in, and that one call is served at a time."""

import threading
from collections.abc import Iterator

import fakeredis
import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from gatepost.connectors.errors import ConnectorError, OutcomeUnknown, Unavailable, ValidationFailed
from gatepost.connectors.quickbooks.qwc import password_of
from gatepost.ledger import directory_file, gates, tables
from gatepost.ledger.database import Database
from gatepost.ledger.ledger import Hold
from gatepost.messages.requests import Purpose, ReadErp
from gatepost.runtime.outside import boottime
from gatepost.runtime.program import Program
from gatepost.runtime.settings import Settings
from gatepost_exporter.calling_in.front_desk import FrontDesk
from gatepost_exporter.calling_in.post import Post
from gatepost_exporter.calling_in.sessions import Session
from tests.journeys.company import DIRECTORY, SANDBOX

SECRET = "a key for these tests alone"


@pytest.fixture
def program(database: Database) -> Iterator[Program]:
    text = DIRECTORY.replace(SANDBOX, 'connector = "quickbooks_desktop"')
    directory_file.apply(database, directory_file.parse(text))
    url = SecretStr(database.url.render_as_string(hide_password=False))
    program = Program(Settings(database_url=url, secret_key=SecretStr(SECRET)), [])
    program.redis = fakeredis.FakeRedis(server=fakeredis.FakeServer(), decode_responses=True)
    yield program
    program.database.close()


def waits(program: Program) -> None:
    """Something is to be asked of QuickBooks."""
    with program.ledger.work() as work:
        request = ReadErp(item_id="", company="acme", connection="books", purpose=Purpose.REFRESH,
                          kinds=["vendor"], generation=1)  # fmt: skip
        message_id = work.send(request, after=600.0)
    with program.ledger.work() as work:
        token = gates.call_token("acme", "books")
        program.ledger.hold(work, [Hold(message_id, 600.0, "not called yet", 0, token)])


def last_seen(program: Program) -> object:
    with program.database.reading() as connection:
        return connection.execute(sa.select(tables.connections.c.last_contact_at)).scalar_one()


@pytest.mark.parametrize(
    ("key", "user", "secret", "known"),
    [
        ("books", "acme/books", SECRET, True),
        ("books", "acme/books", "another key", False),
        # The right password at another door, or under another name.
        ("other", "acme/books", SECRET, False),
        ("books", "acme/other", SECRET, False),
        ("books", "nobody/books", SECRET, False),
        ("books", "", SECRET, False),
    ],
)
def test_a_caller_is_known_by_name_password_and_door(
    program: Program, key: str, user: str, secret: str, known: bool
) -> None:
    password = password_of(secret, "acme", "books")
    found = FrontDesk(program).recognise(key, user, password)
    assert found == ("acme/books" if known else None)


def test_a_call_is_noted_and_ends_at_once_when_nothing_waits(program: Program) -> None:
    desk = FrontDesk(program)
    assert last_seen(program) is None
    assert desk.admit("acme/books") == "none"
    assert last_seen(program) is not None


def test_one_call_is_served_at_a_time_over_all_exporters(program: Program) -> None:
    # Given a call that one exporter has answered
    waits(program)
    first = FrontDesk(program).admit("acme/books")
    assert isinstance(first, Session)

    # When another exporter is called meanwhile, then it has no time, until the first call is over
    other = FrontDesk(program)
    assert other.admit("acme/books") == "busy"
    first.end()
    second = other.admit("acme/books")
    assert isinstance(second, Session)
    second.end()


# --- the post -------------------------------------------------------------------------------------


def asked(post: Post, *, writes: bool, answer: str | ConnectorError | None = None) -> object:
    """What becomes of a question that is collected, and answered if there is an answer."""
    came: list[object] = []

    def ask() -> None:
        try:
            came.append(post.ask("<a/>", writes=writes))
        except ConnectorError as error:
            came.append(type(error))

    thread = threading.Thread(target=ask)
    thread.start()
    assert post.collect(30) == "<a/>"
    if answer is not None:
        post.deliver(answer)
    else:
        post.close()
    thread.join(30)
    return came[0]


@pytest.mark.parametrize(
    ("writes", "answer", "outcome"),
    [
        (True, "<b/>", "<b/>"),
        # It hung up with the question in its hands: a write may have been done, a look is safe.
        (True, None, OutcomeUnknown),
        (False, None, Unavailable),
        (True, ValidationFailed("no"), ValidationFailed),
        (False, OutcomeUnknown("well"), Unavailable),
    ],
)
def test_what_was_collected_may_have_been_done(
    writes: bool, answer: str | ConnectorError | None, outcome: object
) -> None:
    assert asked(Post(30.0), writes=writes, answer=answer) == outcome


def test_what_nobody_comes_for_was_surely_not_done() -> None:
    post = Post(0.01)
    with pytest.raises(Unavailable):
        post.ask("<a/>", writes=True)
    post.close()
    with pytest.raises(Unavailable):
        post.ask("<a/>", writes=True)


def test_nothing_is_handed_out_after_its_time() -> None:
    # Given a question whose lease will soon be over, and an ERP that comes too late
    post = Post(0.2)
    post.until = boottime() - 1
    collected: list[object] = []
    thread = threading.Thread(target=lambda: collected.append(post.collect(30)))
    thread.start()
    with pytest.raises(Unavailable):
        post.ask("<a/>", writes=True)
    thread.join(30)
    assert collected == [None]


def test_an_answer_that_comes_too_late_is_dropped() -> None:
    post = Post(0.01)
    post.deliver("<late/>")
    assert post.has_question(0.01)
    post.finish()
    assert not post.has_question(30)
