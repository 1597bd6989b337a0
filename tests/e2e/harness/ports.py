"""Loopback ports."""

import socket


def free_port(host="127.0.0.1"):
    """A port that nothing listened on a moment ago."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def has_ipv6():
    """Whether [::1] can be listened on."""
    try:
        free_port("::1")
    except OSError:
        return False
    return True
