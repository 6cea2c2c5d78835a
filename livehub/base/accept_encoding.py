"""Which encodings a client takes (RFC 9110, section 12.5.3). Pure: no I/O.

What serves files, playlists and polls looks whether an encoding is named in the header, and so would take `gzip;q=0` for a yes.
The edge (http.py) gives them only the names of what may be used.
"""

ZERO = "q=0"  # without it in the header nothing is refused


def acceptable(header: str) -> str:
    """The header's encodings without their weights, and without those of weight 0. What can't be read is not acceptable."""
    return ", ".join(name for name, weight in map(_weighed, header.split(",")) if name and weight > 0)


def _weighed(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                return name, float(value)
            except ValueError:
                return name, 0.0
    return name, 1.0
