"""The address to serve at: parses [HOST:]PORT, resolves it, and checks who can reach it."""

from __future__ import annotations

import ipaddress
import socket

from maskseg_cli.errors import MasksegError, UsageError

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000

#: A documentation address (RFC 5737): nothing is sent there, the system only chooses the network interface.
_REMOTE = ("192.0.2.1", 9)


def parse_address(text: str) -> tuple[str, int]:
    """Parses [HOST:]PORT; the default host is 127.0.0.1, which only this computer can reach.

    Raises:
        UsageError: no port, or not one from 0 (any free one) to 65535; an IPv6 address without brackets.

    Example:
        >>> parse_address("8000"), parse_address("0.0.0.0:80"), parse_address("[::1]:0")
        (('127.0.0.1', 8000), ('0.0.0.0', 80), ('::1', 0))
    """
    host, colon, port = text.strip().rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
        if not _is_ip(host):
            raise UsageError(f"{text!r} is no address: [{host}] is not an IPv6 address.")
    elif ":" in host:
        hint = f"write [{text}]:{DEFAULT_PORT}" if _is_ip(text) else f"write HOST:PORT, such as 0.0.0.0:{DEFAULT_PORT}"
        raise UsageError(f"{text!r} is no address to serve at: {hint}.")
    if not (port.isascii() and port.isdigit()):
        example = f"{port or host}:{DEFAULT_PORT}" if not colon and text.strip() else f"{DEFAULT_PORT}"
        raise UsageError(f"{text!r} has no port, which is a number: write {example}, for example.")
    if len(port.lstrip("0")) > 5 or int(port) > 65535:
        raise UsageError(f"{port} is no port: ports go from 1 to 65535; 0 takes any free one.")
    return host or DEFAULT_HOST, int(port)


def resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    """Resolves a host name to an address family and a numeric address, IPv4 first.

    Raises:
        MasksegError: the name is unknown.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        raise MasksegError(
            f"The host {host!r} to serve at is not known here: give an address of this computer."
        ) from error
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    family, _, _, _, address = found[0]
    return family, (str(address[0]), int(address[1]))


def is_loopback(address: str) -> bool:
    """Whether only programs on this computer can reach the numeric address."""
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def reachable(address: str) -> str:
    """The address for a browser: 0.0.0.0 and :: become the address of this computer in its network."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if not ip.is_unspecified:
        return address
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        try:
            udp.connect(_REMOTE)
            return str(udp.getsockname()[0])
        except OSError:  # no network at all
            return DEFAULT_HOST if ip.version == 4 else "::1"


def as_url(address: str, port: int) -> str:
    """`http://ADDRESS:PORT/`, with brackets around IPv6 addresses."""
    return f"http://[{address}]:{port}/" if ":" in address else f"http://{address}:{port}/"


def names_this_computer(name: str, host: str) -> bool:
    """Whether the Host header of a request names this computer, not a foreign domain (protects against DNS rebinding).

    A foreign page whose domain resolves to 127.0.0.1 would otherwise have the same origin as this page. It needs a
    domain name, so numeric addresses are always accepted.

    Args:
        name: the Host header, with or without a port.
        host: the host that the user chose to serve at.
    """
    bare = name.strip().lower()
    if not bare.endswith("]"):
        head, colon, port = bare.rpartition(":")
        bare = head if colon and port.isdigit() else bare
    bare = bare.rstrip(".")
    if _is_ip(bare.strip("[]")):
        return True
    own = socket.gethostname().lower()
    known = {"localhost", host.lower(), own, f"{own.partition('.')[0]}.local"}
    return bare in known or bare.endswith(".localhost")


def warning(address: str, token: bool, allows: str = "see the camera and use its controls") -> str | None:
    """A warning that others can use what is served; None if only this computer can.

    Args:
        address: numeric, that the server listens at.
        token: whether a token is asked for.
        allows: what others can do, such as "see the camera".
    """
    if is_loopback(address):
        return None
    everybody = f"everybody {'with the token ' * token}who can reach this computer over the network can {allows}"
    if token:
        return f"Warning: {everybody}; the connection is not encrypted."
    return f"Warning: {everybody}: --token WORD asks for a word first."


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True
