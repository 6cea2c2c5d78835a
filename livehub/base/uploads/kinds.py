"""What a file is, told by its first bytes and nothing else. Pure: no I/O."""

HEAD_BYTES = 64

TAKEN = ("JPEG", "PNG", "WEBP")  # as Pillow calls them
_STARTS = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"%PDF-", "PDF"),
)
_BRANDS = {b"avif": "AVIF", b"avis": "AVIF"}  # of ISO/IEC 14496-12, 4.3: the other pictures in such a file are HEIC
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"})


def kind_of(head: bytes) -> str | None:
    """The kind of a file that begins with `head`; None: none that is known, such as SVG, which is a program."""
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return _BRANDS.get(brand) or ("HEIC" if brand in _HEIC_BRANDS else None)
    return None
