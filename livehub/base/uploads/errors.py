"""Refusals of uploads: codes 1300 to 1329. Pure: no I/O. Of what was refused nothing is kept."""

from livehub.base.errors import LivehubError


class UnsupportedImage(LivehubError):
    """The file is no picture, or of a kind that is not taken. Send a JPEG, PNG or WebP. `found`: what it is, e.g. HEIC; null
    if that is not known."""

    code, name, status, text = 1300, "unsupported_image", 415, "Send a picture as JPEG, PNG or WebP."


class TooManyPixels(LivehubError):
    """The picture is larger than is decoded. Send one of at most `pixels_max` in all, and `edge_px_max` on either edge."""

    code, name, status, text = 1301, "too_many_pixels", 422, "The picture has too many pixels."


class PictureTooLarge(LivehubError):
    """The file has more than `bytes_max` bytes. Send a smaller one."""

    code, name, status, text = 1302, "picture_too_large", 413, "The picture's file is too large."


class DamagedPicture(LivehubError):
    """The file begins like a picture, and cannot be read as one. Send another."""

    code, name, status, text = 1303, "damaged_picture", 422, "The picture is damaged."


class PictureTooCostly(LivehubError):
    """To decode the picture takes more time or memory than a picture may. Save it anew, and send that."""

    code, name, status, text = 1304, "picture_too_costly", 422, "The picture takes too long to read. Save it anew."


class UploadQuota(LivehubError):
    """So many uploads, or bytes, are all that one person, or one network, has for a day (UTC). Come back tomorrow."""

    code, name, status, retryable, text = 1305, "upload_quota", 429, True, "That is all the pictures for today."


class UploadNotFound(LivehubError):
    """There is no such upload: it was not used in time, or it is somebody else's and not in use. Upload the picture again.

    `field`: where it was named.
    """

    code, name, status, text = 1306, "upload_not_found", 404, "There is no such picture. Upload it again."


class UploadsOff(LivehubError):
    """This installation keeps no uploads: neither LIVEHUB_UPLOADS_DIR nor LIVEHUB_UPLOADS_S3_URL is set."""

    code, name, status, text = 1307, "uploads_off", 403, "Pictures can't be uploaded here."
