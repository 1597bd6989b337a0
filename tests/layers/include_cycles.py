"""No file includes itself by way of others, within a folder either."""

from includes import includes, project_header


def include_cycles(paths, proxy):
    """One line for each cycle, at its first #include."""
    found, done = [], set()
    for path in paths:
        walk(path, [], done, proxy, found)
    return found


def walk(path, way, done, proxy, found):
    """Follows the includes of `path` depth first; `way` is the files that led to it."""
    if path in done:
        return
    for line, name in includes(path):
        header = project_header(name, path, proxy)
        if header is None:
            continue
        if header in (*way, path):
            cycle = [*way, path][[*way, path].index(header):]
            names = " -> ".join(str(file.relative_to(proxy)) for file in (*cycle, header))
            found.append(f"{path}:{line}: an include cycle: {names}")
            continue
        walk(header, [*way, path], done, proxy, found)
    done.add(path)
