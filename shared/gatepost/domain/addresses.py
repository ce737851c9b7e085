"""Which addresses Gatepost may call because somebody wrote them down: of the webhooks.

Whoever may add a webhook must not reach into the network that Gatepost runs in. So an address is
public and called with TLS, or it lies in a network that the settings name.
"""

from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final
from urllib.parse import SplitResult, urlsplit

from gatepost.domain.errors import FieldProblem, NotSubscribable

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LOOPBACK: Final[tuple[Network, ...]] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
LONGEST_URL: Final = 2000
CALLER: Final = "the caller: name another address"
OPERATOR: Final = "an operator, by the settings; or the caller: name another address"

# They carry an IPv4 address inside, which would be what is called: NAT64, 6to4, Teredo.
_CARRIERS: Final = tuple(
    map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))
)


def networks_of(text: str) -> tuple[Network, ...]:
    """Networks as a setting lists them, with commas or blanks between: ``10.0.0.0/8, fd00::/8``.

    Raises:
        ValueError: one of them is none.

    """
    return tuple(ip_network(each) for each in text.replace(",", " ").split())


def may_be_called(address: Address, *, secure: bool, networks: Iterable[Network]) -> bool:
    """Whether an address may be called, with TLS or without."""
    plain = getattr(address, "ipv4_mapped", None) or address
    if any(plain in network for network in networks):
        return True
    is_public = plain.is_global and not plain.is_multicast
    return secure and is_public and not any(plain in network for network in _CARRIERS)


def check_url(url: str, networks: Iterable[Network]) -> None:
    """Pass, or refuse an address that can never be called. A name is looked up only at the call.

    Raises:
        NotSubscribable: every reason is in it.

    """
    networks = tuple(networks)
    problems = [FieldProblem("url", rule, *said) for rule, *said in _against(url, networks)]
    if problems:
        raise NotSubscribable(problems)


def _against(url: str, networks: tuple[Network, ...]) -> Iterable[tuple[str, str, str]]:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = SplitResult("", "", "", "", ""), ""
    if len(url) > LONGEST_URL:
        yield "too_long", f"the address has more than {LONGEST_URL} characters", CALLER
    if not url.isascii() or not url.isprintable() or " " in url:
        yield "characters", "an address is written in plain ASCII, without blanks", CALLER
    if parts.scheme not in ("http", "https") or not host:
        yield "scheme", "the address must begin with https:// and name a host", CALLER
        return
    if "@" in parts.netloc:
        yield "credentials", "the address holds a password; the signature says who calls", CALLER
    if parts.fragment:
        yield "fragment", "the part of an address after # is never sent", CALLER
    secure = parts.scheme == "https"
    address = _literal(host)
    if address and not may_be_called(address, secure=secure, networks=networks):
        yield "address", _why_not(host, address, secure=secure), OPERATOR
    elif not address and not secure and not networks:
        said = (
            "without TLS anybody on the way can read it: write https://; or, of a private network, "
            "GATEPOST_WEBHOOK_NETWORKS names it"
        )
        yield "plain_http", said, CALLER


def _why_not(host: str, address: Address, *, secure: bool) -> str:
    """Why an address may not be called, and what would change that."""
    plain = getattr(address, "ipv4_mapped", None) or address
    how = "" if secure else " without TLS"
    if plain.is_loopback:
        own = ", ".join(map(str, LOOPBACK))
        return (
            f"{host} is the machine that Gatepost runs on; on servers it may not be called{how} "
            f'unless the setting GATEPOST_WEBHOOK_NETWORKS names it: "{own}"'
        )
    if plain.is_global and not plain.is_multicast:
        return f"{host} may not be called{how}: write https://"
    near = ip_network(f"{plain}/{24 if plain.version == 4 else 64}", strict=False)
    return (
        f"{host} is in a private network, which may not be called{how} unless the setting "
        f'GATEPOST_WEBHOOK_NETWORKS names it, such as "{near}"'
    )


def _literal(host: str) -> Address | None:
    if host == "localhost":
        return ip_address("127.0.0.1")
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None
