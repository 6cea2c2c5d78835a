"""Bodies of the calls about uploads."""

from msgspec import Struct


class UploadUrls(Struct, frozen=True, kw_only=True):
    """Where its sizes are, as WebP: paths of ours."""

    large: str
    small: str


class Upload(Struct, frozen=True, kw_only=True):
    """A picture that was taken. `sha256`: of the file as it came; `width`, `height`: of the large size, turned upright."""

    id: str
    sha256: str
    width: int
    height: int
    urls: UploadUrls
