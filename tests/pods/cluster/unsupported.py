"""The refusal of what this cluster does not know."""


class Unsupported(Exception):
    """Says where, and what."""


def only(mapping, known, where):
    """The mapping, none of whose keys is unknown."""
    for key in mapping:
        if key not in known:
            raise Unsupported(f"{where}: this cluster does not know the field {key}")
    return mapping
