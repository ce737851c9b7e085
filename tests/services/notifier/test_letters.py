"""Letters on the wire: headers, parts, and nothing slipped in."""

import email
import email.policy
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost_notifier.letters import Letter, compose
from gatepost_notifier.wording import one_line

LETTER = {
    "recipient": "carla@harbor.example",
    "recipient_name": "Carla Ruiz",
    "reason": "you created this commitment",
    "message_id": "<mail.0190@harbor.example>",
    "thread": "<item.7f6c@harbor.example>",
    "subject": "Harbor Builders: ERP Commitment Rejection Notification",
    "text": "Aker Steel – 12,400.00 USD\n",
    "html": "<p>Aker Steel – 12,400.00 USD</p>",
}


def letter(**changed: str) -> Letter:
    return Letter(written_at=datetime(2026, 11, 2, 13, 2, tzinfo=UTC), **{**LETTER, **changed})


def arrived(**changed: str) -> EmailMessage:
    """A letter as the other side reads it."""
    wire = compose(letter(**changed))
    assert max(len(line) for line in wire.split(b"\r\n")) <= 998
    assert b"\n" not in wire.replace(b"\r\n", b"")
    return email.message_from_bytes(wire, policy=email.policy.SMTP)


def test_a_letter_has_the_headers_of_an_automatic_mail() -> None:
    message = arrived()
    assert dict(message.items()) == {
        "From": "Gatepost <gatepost@harbor.example>",
        "To": "Carla Ruiz <carla@harbor.example>",
        "Subject": "Harbor Builders: ERP Commitment Rejection Notification",
        "Date": "Mon, 02 Nov 2026 13:02:00 +0000",
        "Message-ID": "<mail.0190@harbor.example>",
        "In-Reply-To": "<item.7f6c@harbor.example>",
        "References": "<item.7f6c@harbor.example>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "X-Gatepost-Reason": "you created this commitment",
        "MIME-Version": "1.0",
        "Content-Type": 'multipart/alternative; boundary="=_mail.0190"',
    }


def test_the_text_comes_first_and_says_the_same() -> None:
    text, html = arrived().iter_parts()
    assert text.get_content_type() == "text/plain"
    assert html.get_content_type() == "text/html"
    assert "Aker Steel – 12,400.00 USD" in text.get_content()
    assert "Aker Steel – 12,400.00 USD" in html.get_content()


def test_a_letter_about_several_items_belongs_to_no_thread() -> None:
    message = arrived(thread="")
    assert "In-Reply-To" not in message
    assert "References" not in message


def test_the_same_letter_is_the_same_to_the_byte() -> None:
    assert compose(letter()) == compose(letter())


@pytest.mark.parametrize("field", ["subject", "recipient_name", "reason"])
def test_no_header_can_be_slipped_in(field: str) -> None:
    message = arrived(**{field: "harmless\r\nBcc: eve@example.org\n\n<b>a body</b>"})
    assert "Bcc" not in message
    assert message["Auto-Submitted"] == "auto-generated"
    assert "a body" not in next(message.iter_parts()).get_content()


@pytest.mark.parametrize(
    "subject",
    [
        "Stahlbau Müller – Prüfung " * 35,
        "長い件名" * 100,
        "unbroken" * 100,
        'commas, and; "quotes" <and> @ckets ' * 20,
    ],
)
def test_a_long_subject_is_folded_and_whole_again(subject: str) -> None:
    assert arrived(subject=subject)["Subject"] == " ".join(subject.split())


ODD: st.SearchStrategy[str] = st.text("ab –ü,;\"<>@()=?_長\\'.", max_size=200).map(one_line)


@given(subject=ODD, name=ODD.map(lambda name: one_line(name, 80)))
def test_whatever_people_wrote_arrives_as_it_was(subject: str, name: str) -> None:
    message = arrived(subject=subject, recipient_name=name)
    (address,) = message["To"].addresses
    assert message["Subject"] == subject
    assert (_display_name(message), address.addr_spec) == (name, "carla@harbor.example")


def _display_name(message: EmailMessage) -> str:
    """The name as RFC 2047 has it read.

    The newer parser of Python 3.11 puts a blank where two encoded words meet; the older does not.
    """
    (address,) = message["To"].addresses
    if address.display_name.isascii():
        return str(address.display_name)
    raw = dict(message.raw_items())["To"]
    return str(make_header(decode_header(parseaddr(raw)[0])))


@pytest.mark.parametrize("name", ["Åse, Ødegård (ERP)", '"Carla" <eve@example.org>', ""])
def test_a_name_is_never_an_address(name: str) -> None:
    (address,) = arrived(recipient_name=name)["To"].addresses
    assert address.addr_spec == "carla@harbor.example"
    assert address.display_name == name


@pytest.mark.parametrize(
    "recipient", ["carla", "a b@harbor.example", "<carla@x", "carla@x\r\nTo: y"]
)
def test_what_is_no_address_is_refused_by_name(recipient: str) -> None:
    with pytest.raises(ValueError, match="is no mail address"):
        compose(letter(recipient=recipient))


def test_an_address_with_more_than_ascii_stays_readable() -> None:
    wire = compose(letter(recipient="åse@harbor.example", subject="Prüfung"))
    assert "To: Carla Ruiz <åse@harbor.example>\r\n".encode() in wire
