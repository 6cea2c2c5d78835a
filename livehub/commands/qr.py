"""A QR code for the terminal: two rows of modules in each line, dark on light whatever the terminal's colours are."""

import segno

QUIET = 4  # modules of margin (ISO/IEC 18004, section 9.1)
_BLACK_ON_WHITE, _PLAIN = "\x1b[38;5;16;48;5;231m", "\x1b[0m"
_HALVES = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}  # (upper, lower): 1 is dark


def in_terminal(text: str, *, coloured: bool = True) -> str:
    """The lines. Without colours, for what is no terminal, the dark modules are the ink."""
    matrix = [list(row) for row in segno.make_qr(text, error="l").matrix_iter(border=QUIET)]
    if len(matrix) % 2:
        matrix.append([0] * len(matrix[0]))
    lines = []
    for upper, lower in zip(matrix[::2], matrix[1::2], strict=True):
        line = "".join(_HALVES[above & 1, below & 1] for above, below in zip(upper, lower, strict=True))
        lines.append(f"{_BLACK_ON_WHITE}{line}{_PLAIN}" if coloured else line)
    return "\n".join(lines)
