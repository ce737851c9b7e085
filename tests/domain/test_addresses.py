"""Which addresses may be called because somebody wrote them down."""

from ipaddress import ip_address

import pytest

from gatepost.domain.addresses import LOOPBACK, check_url, may_be_called, networks_of
from gatepost.domain.errors import NotSubscribable


@pytest.mark.parametrize(
    ("address", "secure", "networks", "may"),
    [
        ("93.184.215.14", True, "", True),  # anywhere in public, with TLS
        ("93.184.215.14", False, "", False),  # anybody on the way could read it
        ("2606:2800:21f::1", True, "", True),
        ("10.1.2.3", True, "", False),  # the network Gatepost runs in
        ("192.168.1.1", True, "", False),
        ("172.16.0.9", True, "", False),
        ("100.64.0.1", True, "", False),  # carrier-grade NAT
        ("127.0.0.1", True, "", False),
        ("0.0.0.0", True, "", False),  # noqa: S104 - this machine, on Linux
        ("169.254.169.254", True, "", False),  # the clouds' metadata
        ("224.0.0.1", True, "", False),  # many at once
        ("::1", True, "", False),
        ("fd00::1", True, "", False),
        ("fe80::1", True, "", False),
        ("::ffff:10.1.2.3", True, "", False),  # the same addresses, dressed up
        ("::ffff:127.0.0.1", True, "", False),
        ("64:ff9b::a01:203", True, "", False),  # through a NAT64
        ("2002:a01:203::1", True, "", False),  # through 6to4
        ("10.1.2.3", False, "10.0.0.0/8", True),  # the settings name it
        ("::ffff:10.1.2.3", True, "10.0.0.0/8", True),
        ("10.1.2.3", True, "10.2.0.0/16, fd00::/8", False),  # they name others
        ("fd00::1", False, "10.2.0.0/16 fd00::/8", True),
    ],
)
def test_an_address_may_be_called_or_not(
    address: str, secure: bool, networks: str, may: bool
) -> None:
    found = may_be_called(ip_address(address), secure=secure, networks=networks_of(networks))
    assert found is may


@pytest.mark.parametrize(
    ("url", "rules"),
    [
        ("https://pm.example/hooks?x=1", set()),
        ("https://pm.example:8443/", set()),
        ("https://93.184.215.14/", set()),
        ("http://pm.example/", {"plain_http"}),
        ("http://93.184.215.14/", {"address"}),  # in public, but without TLS
        ("http://127.0.0.1:9000/", {"address"}),
        ("ftp://pm.example/", {"scheme"}),
        ("pm.example", {"scheme"}),
        ("https:///hooks", {"scheme"}),
        ("https://pm.example:99999/", {"scheme"}),  # no such port
        ("https://uma:secret@pm.example/", {"credentials"}),
        ("https://pm.example/#here", {"fragment"}),
        ("https://pm.example/ü", {"characters"}),
        ("https://pm.example/\r\nX: y", {"characters"}),
        ("https://localhost/", {"address"}),
        ("https://[::1]/", {"address"}),
        ("https://169.254.169.254/latest/", {"address"}),
        ("https://u:p@10.0.0.1/#x", {"credentials", "fragment", "address"}),  # all at once
        ("https://pm.example/" + "x" * 2000, {"too_long"}),
    ],
)
def test_an_address_that_can_never_be_called_is_refused_with_every_reason(
    url: str, rules: set[str]
) -> None:
    found = set()
    try:
        check_url(url, networks=())
    except NotSubscribable as refusal:
        found = {problem.rule for problem in refusal.problems}
    assert found == rules


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (
            "http://127.0.0.1:9000/",
            'the machine that Gatepost runs on.*NETWORKS.*"127.0.0.0/8, ::1',
        ),
        ("https://localhost/", "localhost is the machine.*GATEPOST_WEBHOOK_NETWORKS"),
        ("http://10.20.3.4/", 'private network.*GATEPOST_WEBHOOK_NETWORKS.*"10.20.3.0/24"'),
        ("https://[fd00::1]/", 'private network.*"fd00::/64"'),
        ("http://93.184.215.14/", "may not be called without TLS: write https://"),
        (
            "http://pm.example/",
            "write https://; or, of a private network, GATEPOST_WEBHOOK_NETWORKS",
        ),
    ],
)
def test_a_refusal_names_the_setting_that_would_let_it_pass(url: str, words: str) -> None:
    with pytest.raises(NotSubscribable, match=words):
        check_url(url, networks=())


def test_on_one_machine_an_endpoint_may_be_on_it_without_tls() -> None:
    for url in ("http://127.0.0.1:9000/hook", "http://localhost/", "http://[::1]:9000/"):
        check_url(url, LOOPBACK)
    with pytest.raises(NotSubscribable, match="may not be called without TLS"):
        check_url("http://10.0.0.1/", LOOPBACK)
