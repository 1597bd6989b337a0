"""The layers of proxy/ and what each may know: the edges, and that the pure half does no I/O.

This says a second time, on purpose, what proxy/CMakeLists.txt says by its DEPENDS: all layers share one include
directory, so a wrong #include of a header-only thing would still compile and link.
"""

import re
from config_order import upward_includes
from http1_places import http1_elsewhere
from include_cycles import include_cycles
from includes import includes, project_header, reached
from protocol_names import compared_names

DIRECT = {
    "base": [],
    "wire": ["base"],
    "config": ["base"],
    "balance": ["base"],
    "route": ["config", "wire"],
    "kubernetes": ["base", "config"],
    "net": ["base"],
    "observe": ["base"],
    "upstream": ["net", "balance", "config", "observe"],
    "session": ["net", "wire", "route", "upstream", "observe"],
    "adapter": ["net", "observe", "config"],
    "admin": ["upstream", "route"],
    "app": ["session", "admin"],
    "command": ["app", "adapter", "kubernetes"],
}
PURE = ["base", "wire", "config", "route", "balance", "kubernetes"]

# Headers that bring an executor, a descriptor, a lock, a log or a stream.
IO_HEADER = re.compile(
    r"(boost/asio(?!/buffer\.hpp$)|boost/beast\.hpp$|boost/beast/(ssl|websocket)"
    r"|boost/beast/core(\.hpp$|/(\w*stream|async_base|stream_traits)\.hpp$)"
    r"|boost/beast/http(\.hpp$|/(read|write)\.hpp$)"
    r"|spdlog|prometheus|openssl|ares"
    r"|sys/(?!types\.h$)|unistd\.h|fcntl\.h|poll\.h|netdb\.h|netinet/|net/if|pthread\.h"
    r"|(iostream|fstream|filesystem|thread|mutex|shared_mutex|condition_variable|future|semaphore|stop_token)$)")

# What the pure half is handed instead: time, randomness, the environment.
IMPURE_CALL = re.compile(r"::now\s*\(|\brandom_device\b|\bgetenv\s*\(|\bthis_thread\b|\bsleep(_for|_until)?\s*\(")
# The shell reads the steady clock in one place; observe, which may not include net, in another.
STEADY_CLOCK = re.compile(r"\b(steady_clock|Clock)::now\s*\(")
STEADY_CLOCK_FILES = ("net/now.hpp", "observe/log_writer.cpp")
COMMENT_OR_STRING = re.compile(r'//.*|"(\\.|[^"\\])*"')


def allowed(layer):
    """The layer itself and all that its edges lead to."""
    found = {layer}
    for other in DIRECT[layer]:
        found |= allowed(other)
    return found


def layer_of(path, proxy):
    """The first directory under proxy/, or None for main.cpp, which may know everything."""
    parts = path.relative_to(proxy).parts
    return parts[0] if len(parts) > 1 else None


def sources(proxy):
    return sorted(path for path in proxy.rglob("*") if path.suffix in (".cpp", ".hpp"))


def violations(proxy):
    """One line for each breach in the tree, as `file:line: what is wrong`."""
    proxy = proxy.resolve()
    found = include_cycles(sources(proxy), proxy)
    for path in sources(proxy):
        layer = layer_of(path, proxy)
        if layer is None:
            continue
        if layer not in DIRECT:
            found.append(f"{path}:1: proxy/{layer} is no layer that tests/layers/rules.py knows")
            continue
        found += wrong_edges(path, layer, proxy) + compared_names(path, proxy) + http1_elsewhere(path, proxy)
        if layer == "config":
            found += upward_includes(path, proxy)
        if layer in PURE:
            found += io_headers(path, proxy) + impure_calls(path)
        elif path not in [proxy / name for name in STEADY_CLOCK_FILES]:
            found += other_clocks(path)
    return found


def wrong_edges(path, layer, proxy):
    found = []
    for line, name in includes(path):
        header = project_header(name, path, proxy)
        other = header and layer_of(header, proxy)
        if other and other not in allowed(layer):
            found.append(f"{path}:{line}: {layer} must not include {other}: {name}")
    return found


def io_headers(path, proxy):
    """I/O headers in the file, or in what it reaches outside the pure half (inside, they report themselves)."""
    found = [f"{path}:{line}: the pure half must not include <{name}>"
             for line, name in includes(path) if IO_HEADER.match(name) and not project_header(name, path, proxy)]
    for header in sorted(reached(path, proxy)):
        if layer_of(header, proxy) in PURE:
            continue
        found += [f"{path}:1: the pure half reaches <{name}> by way of {header}:{line}"
                  for line, name in includes(header) if IO_HEADER.match(name)]
    return found


def impure_calls(path):
    return [f"{path}:{number}: the pure half is handed its time, randomness and environment: {call}"
            for number, call in calls(path, IMPURE_CALL)]


def other_clocks(path):
    return [f"{path}:{number}: use now() of proxy/{STEADY_CLOCK_FILES[0]}: {call}" for number, call in calls(path, STEADY_CLOCK)]


def calls(path, pattern):
    """(line, text) for each line that the pattern matches outside comments and strings."""
    lines = path.read_text(errors="replace").splitlines()
    found = ((number, pattern.search(COMMENT_OR_STRING.sub("", line))) for number, line in enumerate(lines, 1))
    return [(number, match.group(0)) for number, match in found if match]
