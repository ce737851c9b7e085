"""A drop on a real SFTP server in a process of its own: the conformance kit, and whom it trusts."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatepost.connectors import errors
from gatepost.domain.kinds import Kind
from gatepost.testing.conformance import ConnectorSuite, ErpUnderTest, an_item
from tests.connectors.sftp_erp import SftpErp
from tests.connectors.sftp_server import PASSWORD


@pytest.fixture(scope="module")
def sftp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SftpErp]:
    drop = SftpErp(tmp_path_factory.mktemp("sftp") / "acme")
    drop.start()
    yield drop
    drop.close()


class TestSftp(ConnectorSuite):
    @pytest.fixture
    def erp(self, sftp: SftpErp) -> ErpUnderTest:
        return sftp


@pytest.mark.parametrize(
    ("known", "why"),
    [
        ("", "is not in"),  # a server nobody has heard of
        ("another", "another key"),  # somebody in its place
    ],
)
def test_a_server_whose_key_is_not_known_is_never_given_the_password(
    sftp: SftpErp, tmp_path: Path, known: str, why: str
) -> None:
    # Given a known_hosts without the server's key
    known_hosts = tmp_path / "known_hosts"
    host = sftp.known_hosts.read_text().split()[0]
    other_key = Path(f"{sftp.key_file}.pub").read_text().split()[:2]
    known_hosts.write_text(f"{host} {' '.join(other_key)}\n" if known else "")

    # Then the connection is paused with that reason, and the file has learnt nothing
    before = known_hosts.read_text()
    drop = sftp.connected(known_hosts=str(known_hosts))
    with pytest.raises(errors.ConfigurationError, match=why) as refused:
        drop.check()
    assert PASSWORD not in str(refused.value)
    assert known_hosts.read_text() == before


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"key_passphrase": None}, "it has a passphrase, and key_passphrase is not set"),
        ({"key_passphrase": "wrong-2f6a"}, "it has another passphrase than key_passphrase says"),
        ({"key_file": "broken"}, "broken cannot be opened.* or it is no private key"),
        ({"known_hosts": "broken"}, "broken has a line that is not in the form"),
        ({"known_hosts": "."}, "cannot be read: Is a directory"),
    ],
)
def test_a_key_or_a_list_of_hosts_that_cannot_be_read_is_said_and_not_waited_for(
    sftp: SftpErp, tmp_path: Path, options: dict[str, str | None], why: str
) -> None:
    # Given a key with a passphrase, and a file that is neither a key nor a list
    key, passphrase = tmp_path / "sealed", "sealed-8b1d"
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(key)]
    subprocess.run(words, check=True)
    (tmp_path / "broken").write_text("127.0.0.1 ssh-ed25519 no-base64\n")

    # Then what stands in its way stops the connection, and nothing of it is told
    files = {"key_file": "sealed", **options}
    files = {
        name: str(tmp_path / str(value)) for name, value in files.items() if "key_p" not in name
    }
    told = {"key_passphrase": options.get("key_passphrase", passphrase), **files}
    with pytest.raises(errors.ConfigurationError, match=why) as refused:
        sftp.with_key(**told).check()
    for secret in (passphrase, "wrong-2f6a", "no-base64"):
        assert secret not in str(refused.value)


@pytest.mark.parametrize("option", ["known_hosts", "key_file"])
def test_a_file_of_the_options_that_is_missing_is_named(sftp: SftpErp, option: str) -> None:
    drop = sftp.with_key(**{option: "/nowhere/at/all"})
    with pytest.raises(errors.ConfigurationError, match="/nowhere/at/all"):
        drop.check()


def test_a_key_opens_it_as_well(sftp: SftpErp) -> None:
    drop = sftp.with_key()
    assert "127.0.0.1" in drop.check()
    item = an_item(Kind.PROJECT)
    assert drop.create(item).id
    assert sftp.count(item) == 1
    drop.close()


def test_a_session_that_was_cut_is_replaced_by_a_new_one(sftp: SftpErp) -> None:
    # Given a connector with a session it has kept
    drop = sftp.connected()
    drop.check()

    # When the server hangs up and is back
    with sftp.away(), pytest.raises(errors.Unavailable):
        drop.check()

    # Then the next call has another
    assert drop.check()
    drop.close()


def test_a_folder_that_is_missing_on_the_server_is_not_made(sftp: SftpErp) -> None:
    drop = sftp.connected(folder="/elsewhere")
    with pytest.raises(errors.Unavailable, match="no folder /elsewhere/"):
        drop.create(an_item(Kind.PROJECT))


def test_a_folder_that_goes_missing_is_said_in_a_session_that_goes_on(sftp: SftpErp) -> None:
    # Given a session that has seen all folders
    drop = sftp.connected(wait=0.0)
    drop.check()

    # When the answers are no longer mounted, then nobody takes that for silence
    with sftp.erp.paused():
        for folder, call in (
            ("acknowledgements", drop.check),
            ("outgoing", lambda: drop.create(an_item(Kind.PROJECT))),
        ):
            away = sftp.folder / "away"
            (sftp.folder / folder).rename(away)
            with pytest.raises(
                errors.ConnectorError, match=f"no folder /{sftp.folder.name}/{folder}"
            ):
                call()
            away.rename(sftp.folder / folder)
    assert drop.check()
    drop.close()
