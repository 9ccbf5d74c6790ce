"""Encodes pictures again: each is decoded within limits, and only its pixels are kept."""

import io
import re
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError
from pillow_heif import register_heif_opener

from api.http.errors import HttpError
from api.http.heif_tiles import NoTiles, Tiles
from rules.refusals import Said

register_heif_opener(thumbnails=False, decode_threads=1)
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
MOST_PIXELS = {
    "JPEG": 50_000_000,
    "PROGRESSIVE": 16_000_000,
    "PNG": 20_000_000,
    "TRANSPARENT": 12_000_000,
    "WEBP": 6_000_000,
    "HEIF": 16_000_000,
    "TILES": 50_000_000,
}
"""Pixels that decode within 150 MB. A JPEG is decoded at a reduced scale, a progressive one with all coefficients in
memory. A PNG that is transparent or has 16 bits is copied once more, a WebP several times. A HEIC of a phone is a grid
of tiles, which are reduced one by one."""
_DECODED = 20_000_000
"""Pixels of a JPEG after its reduction."""
LONGEST_SIDE = 2560
"""Pixels: an A4 page at 220 dpi."""
THUMBNAIL_SIDE = 320
"""Pixels: the width of a small phone's screen."""
_QUALITY, _THUMBNAIL_QUALITY = 85, 75
"""JPEG quality. 75 is Pillow's default; the larger picture is evidence and keeps more detail."""
_METADATA = ("exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp")
"""Keys of a picture's ``info``, where Pillow keeps what it does not decode."""
_FIRST_BYTES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF")
_HEIF = re.compile(rb"....ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)", re.DOTALL)
"""The beginning of a photo of an iPhone."""


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
    unsupported = NotAPicture(415, "UNSUPPORTED_PHOTO", Said("照片须为 JPEG、PNG、WebP 或 HEIC。"))
    if not (content.startswith(_FIRST_BYTES) or _HEIF.match(content)):
        raise unsupported
    try:
        return _encoded_again(content)
    except NotAPicture:
        raise
    except NoTiles:
        raise _too_many(MOST_PIXELS["HEIF"]) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many(max(MOST_PIXELS.values())) from None
    except UnidentifiedImageError:
        raise unsupported from None
    except Exception as error:  # Pillow raises errors of many kinds, assertions among them.
        raise NotAPicture(422, "BROKEN_PHOTO", Said("照片无法读取。")) from error


def _encoded_again(content: bytes) -> Picture:
    with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
        tiles = _tiles(opened, content)
        _check_size(opened, "TILES" if tiles else _kind(opened))
        _draft(opened)
        picture = _plain(_upright(_reduced(tiles.joined(LONGEST_SIDE) if tiles else opened)))
    width, height = picture.size
    whole = _encoded(picture, _QUALITY)
    picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return Picture(width, height, whole, _encoded(picture, _THUMBNAIL_QUALITY))


def _tiles(opened: Image.Image, content: bytes) -> Tiles | None:
    """The tiles of a HEIC that is too large to be decoded at once."""
    width, height = opened.size
    if opened.format != "HEIF" or width * height <= MOST_PIXELS["HEIF"] or opened.mode != "RGB":
        return None
    try:
        tiles = Tiles.of(content)
    except NoTiles:
        return None
    return tiles if sorted((tiles.width, tiles.height)) == sorted(opened.size) else None


def _check_size(opened: Image.Image, kind: str) -> None:
    """Checks the size before decoding, because a small file may hold a huge picture."""
    width, height = opened.size
    most = MOST_PIXELS[kind]
    if width * height > most or not width or not height:
        raise _too_many(most)


def _kind(opened: Image.Image) -> str:
    """The key of :data:`MOST_PIXELS`. What phones write with a second picture in it (MPO) is a JPEG before that one."""
    if opened.format in {"JPEG", "MPO"}:
        return "PROGRESSIVE" if "progressive" in opened.info else "JPEG"
    if opened.format == "PNG":
        return "PNG" if opened.mode in {"RGB", "L", "1", "P"} and not opened.has_transparency_data else "TRANSPARENT"
    return opened.format or "WEBP"


def _draft(opened: Image.Image) -> None:
    """Lets a JPEG be decoded at the smallest scale that is large enough, or small enough to decode."""
    width, height = opened.size
    scale = max(1, max(width, height) // LONGEST_SIDE)
    while width * height > _DECODED * scale**2:
        scale *= 2
    opened.draft("RGB", (max(1, width // scale), max(1, height // scale)))


def _too_many(most: int) -> NotAPicture:
    return NotAPicture(422, "TOO_MANY_PIXELS", Said("照片最多 {most} 像素，请缩小后再发。", {"most": f"{most:,}"}))


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
    plain.paste(picture if picture.mode == "RGB" else picture.convert("RGB"))
    return plain


def _encoded(picture: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, optimize=True)
    return buffer.getvalue()
