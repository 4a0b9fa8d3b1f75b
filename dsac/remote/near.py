"""Tells whether an API is on this machine, where bytes cost nothing."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_loopback(url: str) -> bool:
    """Tell whether a URL is of this machine.

    >>> is_loopback("http://127.0.0.1:80/x"), is_loopback("https://api.test")
    (True, False)
    """
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
