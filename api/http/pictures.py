"""Encodes pictures again: each is decoded within limits, and only its pixels are kept."""

import io
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from api.http.errors import HttpError

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_PIXELS = {"JPEG": 50_000_000, "PNG": 25_000_000, "WEBP": 16_000_000}
"""Pixels that decode within a third of a gigabyte. A JPEG is decoded at a reduced scale, a WebP in several copies."""
LONGEST_SIDE = 2560
"""Pixels: an A4 page at 220 dpi."""
THUMBNAIL_SIDE = 320
"""Pixels: the width of a small phone's screen."""
_QUALITY, _THUMBNAIL_QUALITY = 85, 75
"""JPEG quality. 75 is Pillow's default; the larger picture is evidence and keeps more detail."""
_METADATA = ("exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp")
"""Keys of a picture's ``info``, where Pillow keeps what it does not decode."""
_FIRST_BYTES = {"JPEG": b"\xff\xd8\xff", "PNG": b"\x89PNG\r\n\x1a\n", "WEBP": b"RIFF"}


class NotAPicture(HttpError):
    """The content cannot be kept as a picture."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as two JPEGs without metadata."""

    width: int
    height: int
    whole: bytes
    thumbnail: bytes


def picture_of(content: bytes) -> Picture:
    """Decodes a picture and encodes it again. Applies the orientation; drops metadata and trailing bytes.

    Raises NotAPicture with code UNSUPPORTED_PHOTO, BROKEN_PHOTO or TOO_MANY_PIXELS.
    """
    unsupported = NotAPicture(415, "UNSUPPORTED_PHOTO", "A JPEG, PNG or WebP is needed.")
    if not content.startswith(tuple(_FIRST_BYTES.values())):
        raise unsupported
    try:
        return _encoded_again(content)
    except NotAPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many(max(MOST_PIXELS.values())) from None
    except UnidentifiedImageError:
        raise unsupported from None
    except Exception as error:  # Pillow raises errors of many kinds, assertions among them.
        raise NotAPicture(422, "BROKEN_PHOTO", "The photo cannot be decoded.") from error


def _encoded_again(content: bytes) -> Picture:
    with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
        _check_size(opened)
        opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        picture = _plain(_upright(_reduced(opened)))
    width, height = picture.size
    whole = _encoded(picture, _QUALITY)
    picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return Picture(width, height, whole, _encoded(picture, _THUMBNAIL_QUALITY))


def _check_size(opened: Image.Image) -> None:
    """Checks the size before decoding, because a small file may hold a huge picture."""
    width, height = opened.size
    most = MOST_PIXELS[opened.format or "PNG"]
    if width * height > most or not width or not height:
        raise _too_many(most)


def _too_many(most: int) -> NotAPicture:
    return NotAPicture(422, "TOO_MANY_PIXELS", f"At most {most // 1_000_000} million pixels.")


def _reduced(opened: Image.Image) -> Image.Image:
    """Scales down before all other steps, each of which copies the picture."""
    picture = opened
    if picture.mode.startswith("I"):
        picture = picture.convert("I")
    elif picture.mode in {"P", "1"} or (picture.has_transparency_data and picture.mode != "RGBA"):
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return picture


def _upright(picture: Image.Image) -> Image.Image:
    """Applies the orientation.

    The metadata is read and dropped first. Pillow would write it again without the orientation, and fails at values
    that cannot be written.
    """
    picture.getexif()
    for key in _METADATA:
        picture.info.pop(key, None)
    return ImageOps.exif_transpose(picture)


def _plain(picture: Image.Image) -> Image.Image:
    """The picture in RGB on a white background."""
    if picture.mode == "I":
        picture = picture.point(lambda value: value / 256).convert("L")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    plain = Image.new("RGB", picture.size)
    plain.paste(picture.convert("RGB"))
    return plain


def _encoded(picture: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, optimize=True)
    return buffer.getvalue()
