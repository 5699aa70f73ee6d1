"""Which proxy a connection uses: the same rule for REST and voice sessions.

The environment's `HTTPS_PROXY` (`HTTP_PROXY` for unencrypted connections) counts, or else
`ALL_PROXY`, or else the settings of the system (macOS, Windows). This machine is never reached
through a proxy, and neither is a host in `NO_PROXY`: a list, separated by commas or spaces, of

- `*`, which means every host
- `example.org` or `.example.org`: this host and all below it
- `192.0.2.1`, `2001:db8::1` or `[2001:db8::1]`: an address
- `192.0.2.0/24`, `fe80::/10`: a network
- one of these hosts with `:` and a port
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Optional, Union
from urllib.parse import urlsplit

from vatel_rt import config
from vatel_rt.errors import ConfigurationError

SCHEMES = ("http", "https", "socks5", "socks5h")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Proxy:
    """A proxy, with its password, and the variable that named it."""

    url: str = field(repr=False)
    variable: str

    @property
    def shown(self) -> str:
        """The variable and the proxy's host, without user and password."""
        parts = urlsplit(self.url)
        return f"{self.variable}: {parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def proxy_for(url: str) -> Optional[Proxy]:
    """Return the proxy for connections to `url` (http, https, ws or wss), if it uses one.

    Raises:
        ConfigurationError: the variable that names the proxy has no URL that can be used.
    """
    parts = urlsplit(url)
    scheme = config.HTTP_SCHEMES.get(parts.scheme, "")
    host = parts.hostname or ""
    if config.is_loopback(host) or _is_exempt(host, parts.port or _PORTS.get(scheme, 0)):
        return None
    for name in (f"{scheme}_proxy", "all_proxy"):
        if found := config.variable(name):
            return _checked(*found)
    return _of_system(scheme, host)


def _of_system(scheme: str, host: str) -> Optional[Proxy]:
    from urllib.request import getproxies, proxy_bypass  # slow to import

    found = getproxies().get(scheme)
    if not found or config.variable(f"{scheme}_proxy") or proxy_bypass(host):
        return None
    return _checked("the system's settings", found)


def _checked(variable: str, url: str) -> Proxy:
    whole = url.strip() if "://" in url else f"http://{url.strip()}"
    try:
        parts = urlsplit(whole)
        is_usable = parts.scheme in SCHEMES and parts.hostname and parts.port != 0
    except ValueError:  # the port
        is_usable = False
    if not is_usable or not whole.isprintable() or " " in whole:
        wanted = "http, https, socks5 or socks5h://host:port"
        raise ConfigurationError(f"{variable} does not have the URL of a proxy: {wanted}")
    return Proxy(whole, variable)


def _is_exempt(host: str, port: int) -> bool:
    _, exempt = config.variable("no_proxy") or ("", "")
    return any(_matches(entry, host, port) for entry in re.split(r"[\s,]+", exempt) if entry)


def _matches(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    address = _address(host)
    if "/" in entry:
        return address is not None and _contains(entry, address)
    name, wanted = _split(entry)
    if wanted and wanted != port:
        return False
    other = _address(name)
    if other is not None or address is not None:
        return other == address
    domain = name.lower().lstrip("*").strip(".")
    host = host.lower().rstrip(".")
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _split(entry: str) -> tuple[str, int]:
    """Return host and port of an entry; the port is 0 if there is none."""
    if _address(entry) is not None:
        return entry, 0
    host, _, port = entry.rpartition(":")
    return (host, int(port)) if host and port.isdecimal() else (entry, 0)


def is_address(host: str) -> bool:
    """Return whether `host` is an IP address and not a name."""
    return _address(host) is not None


def _address(text: str) -> Union[IPv4Address, IPv6Address, None]:
    try:
        return ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None


def _contains(network: str, address: Union[IPv4Address, IPv6Address]) -> bool:
    try:
        return address in ip_network(network.replace("[", "").replace("]", ""), strict=False)
    except ValueError:  # not a network
        return False
