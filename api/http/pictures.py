"""Pictures encoded again: each is decoded within limits, and only its pixels are kept."""

import io
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_PIXELS = {"JPEG": 50_000_000, "PNG": 25_000_000, "WEBP": 16_000_000}
"""As many as decode in a third of a gigabyte: a JPEG at the scale that is needed, a WebP in several copies."""
LONGEST_SIDE = 2560
"""Pixels: a page of print at 220 dpi."""
THUMBNAIL_SIDE = 320
"""Pixels: the width of a small phone's screen."""
_QUALITY, _THUMBNAIL_QUALITY = 85, 75
_FIRST_BYTES = {"JPEG": b"\xff\xd8\xff", "PNG": b"\x89PNG\r\n\x1a\n", "WEBP": b"RIFF"}


class NotAPicture(Exception):
    """The bytes are not a picture that can be kept; ``code`` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Picture:
    """The two JPEGs that are kept, with nothing but pixels."""

    width: int
    height: int
    whole: bytes
    thumbnail: bytes


def picture_of(content: bytes) -> Picture:
    """Decodes and encodes again: orientation is applied; metadata, comments and trailing bytes are dropped."""
    if not content.startswith(tuple(_FIRST_BYTES.values())):
        raise NotAPicture("UNSUPPORTED_PHOTO", "A JPEG, PNG or WebP is needed.")
    try:
        return _made(content)
    except NotAPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many(max(MOST_PIXELS.values())) from None
    except UnidentifiedImageError:
        raise NotAPicture("UNSUPPORTED_PHOTO", "A JPEG, PNG or WebP is needed.") from None
    except (OSError, SyntaxError, ValueError, MemoryError, EOFError, ArithmeticError) as error:
        raise NotAPicture("BROKEN_PHOTO", "The photo cannot be decoded.") from error


def _made(content: bytes) -> Picture:
    with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
        _check_size(opened)
        opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        picture = _plain(ImageOps.exif_transpose(_reduced(opened)))
    width, height = picture.size
    whole = _encoded(picture, _QUALITY)
    picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return Picture(width, height, whole, _encoded(picture, _THUMBNAIL_QUALITY))


def _check_size(opened: Image.Image) -> None:
    """Checks the size before a pixel is decoded: a small file may hold a huge picture."""
    width, height = opened.size
    most = MOST_PIXELS[opened.format or "PNG"]
    if width * height > most or not width or not height:
        raise _too_many(most)


def _too_many(most: int) -> NotAPicture:
    return NotAPicture("TOO_MANY_PIXELS", f"At most {most // 1_000_000} million pixels.")


def _reduced(opened: Image.Image) -> Image.Image:
    """Scales down before any other step: each copy of the whole would take as much memory again."""
    picture = opened
    if picture.mode.startswith("I"):
        picture = picture.convert("I")
    elif picture.mode in {"P", "1"} or (picture.has_transparency_data and picture.mode != "RGBA"):
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return picture


def _plain(picture: Image.Image) -> Image.Image:
    """Red, green and blue; transparent parts become white."""
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
