"""Where an endpoint lies: its name is resolved, every address looked at, and just the one that was looked at is called.

Otherwise whoever names an endpoint could have us call what only we can reach: the metadata of a cloud, a database.
"""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

# Addresses that carry one of IPv4 inside (RFC 6052): what they lead to counts.
_NAT64: Final = IPv6Network("64:ff9b::/96")
_LOW_32: Final = 0xFFFF_FFFF


class NotFound(Exception):
    """A name that does not resolve now; it may later."""


class NotPublic(Exception):
    """A name that leads to an address which is not public."""


async def address_of(host: str, port: int, *, insecure: bool) -> str:
    """The address to call for a host. Raises NotFound, and without `insecure` NotPublic where one of them is not."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise NotFound(f"{host} does not resolve: {error}") from None
    addresses = [str(one[4][0]) for one in found]
    for address in addresses:
        if not insecure and not is_public(ip_address(address)):
            raise NotPublic(f"{host} leads to {address}, which is no public address")
    return addresses[0]


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the internet's: none of this machine, a private network, a link, or a group."""
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return is_public(IPv4Address(int(address) & _LOW_32))
        within = address.ipv4_mapped or address.sixtofour
        if within is not None:
            return is_public(within)
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved
