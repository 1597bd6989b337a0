"""The environment of what the tests start: nothing of the caller's but what finding programs needs."""

import os

KEPT = ("HOME", "LANG", "LD_LIBRARY_PATH", "JAVA_HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS")
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


def clean(extra=None):
    """PATH, HOME and the like, no proxy variable, no AMBASSADOR_ variable, then `extra`."""
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment["PATH"] = SYSTEM_PATH + ":" + os.environ.get("PATH", "")
    environment.update(extra or {})
    return environment


def through_proxy(port):
    """Both spellings: curl reads only the first, some read only the second."""
    address = f"http://127.0.0.1:{port}"
    return clean({"http_proxy": address, "HTTP_PROXY": address})
