"""Decodes a large HEIC tile by tile. Phones write a photo as a grid of tiles, each of which is an image of its own.

The decoder joins a grid at its full size, which takes 4.5 bytes a pixel, and as much again in Pillow. So for each tile
the file is told that this one is the picture (`pitm` of ISO/IEC 23008-12), and the tiles are joined at a reduced scale.
"""

import io
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

SIDES = range(512, 1025)
"""Pixels of the side of a tile. Phones write 512. Smaller ones would be too many: the file is read again for each."""
_HEADER = 8
_HIDDEN = 1
"""The flag of an item that is only a part of a picture."""
_ROTATIONS = (None, Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)
_KEPT = {b"ispe", b"irot", b"pixi", b"colr", b"clli", b"mdcv", b"cclv", b"amve", b"ndwt"}
"""Properties of a grid that can be applied here, or that only describe it. Others, such as a crop, cannot."""


class NoTiles(ValueError):
    """The file is not a grid of tiles that can be joined here."""


@dataclass(frozen=True, slots=True)
class Tiles:
    """The tiles of a file's picture, row by row, and the picture's size before it is rotated."""

    content: bytearray
    pitm: int
    """The position of the id of the picture."""
    wide: bool
    """True if ids have four bytes there."""
    flags: dict[int, int]
    """The positions of the items' flags by id."""
    ids: tuple[int, ...]
    width: int
    height: int
    quarters: int
    """Quarters of a turn to the left."""

    @classmethod
    def of(cls, content: bytes) -> "Tiles":
        """Raises NoTiles for another kind of file, and struct.error for a broken one."""
        meta = _one(content, b"meta", 0, len(content))
        boxes = {kind: (start, end) for kind, start, end in _boxes(content, meta[0] + 4, meta[1])}
        if not {b"pitm", b"iinf", b"iref", b"iprp"} <= boxes.keys():
            raise NoTiles
        start, _ = boxes[b"pitm"]
        wide = content[start] > 0
        (picture,) = struct.unpack_from(">I" if wide else ">H", content, start + 4)
        width, height, quarters = _shown(content, boxes[b"iprp"], picture)
        ids = _parts(content, boxes[b"iref"], picture)
        flags = dict(_flags(content, boxes[b"iinf"]))
        if not set(ids) <= flags.keys():
            raise NoTiles
        return cls(bytearray(content), start + 4, wide, flags, ids, width, height, quarters)

    def joined(self, longest: int) -> Image.Image:
        """The picture, reduced while its longer side stays at least ``longest``."""
        first = self._tile(self.ids[0])
        columns, rows = math.ceil(self.width / first.width), math.ceil(self.height / first.height)
        if first.width not in SIDES or first.height not in SIDES or columns * rows != len(self.ids):
            raise NoTiles
        scale = _scale(max(self.width, self.height) // longest, first.size)
        across, down = first.width // scale, first.height // scale
        whole = Image.new("RGB", (self.width // scale, self.height // scale))
        for number, item in enumerate(self.ids):
            tile = self._tile(item)
            if tile.size != first.size:
                raise NoTiles
            row, column = divmod(number, columns)
            whole.paste(tile.convert("RGB").reduce(scale), (column * across, row * down))
        rotation = _ROTATIONS[self.quarters]
        return whole if rotation is None else whole.transpose(rotation)

    def _tile(self, item: int) -> Image.Image:
        """A tile. It is decoded later."""
        struct.pack_into(">I" if self.wide else ">H", self.content, self.pitm, item)
        self.content[self.flags[item]] &= ~_HIDDEN
        opened = Image.open(io.BytesIO(self.content), formats=("HEIF",))
        self.content[self.flags[item]] |= _HIDDEN
        return opened


def _scale(most: int, size: tuple[int, int]) -> int:
    """The largest power of two up to ``most`` that divides the sides of a tile."""
    scale = 1
    while scale * 2 <= most and all(side % (scale * 2) == 0 for side in size):
        scale *= 2
    return scale


def _boxes(content: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The boxes between two positions: the kind, and where the content begins and ends."""
    while at < end:
        size, kind = struct.unpack_from(">I4s", content, at)
        start = at + _HEADER
        if size == 1:
            (size,) = struct.unpack_from(">Q", content, start)
            start += 8
        following = at + size if size else end
        if not start <= following <= end:
            raise NoTiles
        yield kind, start, following
        at = following


def _one(content: bytes, kind: bytes, at: int, end: int) -> tuple[int, int]:
    for each, start, following in _boxes(content, at, end):
        if each == kind:
            return start, following
    raise NoTiles


def _parts(content: bytes, iref: tuple[int, int], picture: int) -> tuple[int, ...]:
    """The ids of the items that a picture is derived from."""
    start, end = iref
    id_, size = ("I", 4) if content[start] else ("H", 2)
    for kind, at, _ in _boxes(content, start + 4, end):
        if kind == b"dimg" and struct.unpack_from(f">{id_}", content, at)[0] == picture:
            (count,) = struct.unpack_from(">H", content, at + size)
            if count > 1:
                return struct.unpack_from(f">{count}{id_}", content, at + size + 2)
    raise NoTiles


def _flags(content: bytes, iinf: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """The ids of all items, and the positions of their flags."""
    start, end = iinf
    for _, at, _ in _boxes(content, start + (8 if content[start] else 6), end):
        (item,) = struct.unpack_from(">I" if content[at] > 2 else ">H", content, at + 4)  # noqa: PLR2004  the version
        yield item, at + 3


def _shown(content: bytes, iprp: tuple[int, int], picture: int) -> tuple[int, int, int]:
    """The width, the height and the rotation of a picture."""
    properties = [each[:2] for each in _boxes(content, *_one(content, b"ipco", *iprp))]
    held = dict(properties[index - 1] for index in _indexes(content, _one(content, b"ipma", *iprp), picture))
    if b"ispe" not in held or not held.keys() <= _KEPT:
        raise NoTiles
    width, height = struct.unpack_from(">II", content, held[b"ispe"] + 4)
    return width, height, content[held[b"irot"]] % len(_ROTATIONS) if b"irot" in held else 0


def _indexes(content: bytes, ipma: tuple[int, int], picture: int) -> list[int]:
    """The numbers of a picture's properties, from 1."""
    at = ipma[0]
    id_, size = (">I", 4) if content[at] else (">H", 2)
    long = content[at + 3] & 1
    (entries,) = struct.unpack_from(">I", content, at + 4)
    at += 8
    for _ in range(entries):
        (item,) = struct.unpack_from(id_, content, at)
        count = content[at + size]
        at += size + 1
        if item == picture:
            numbers = struct.unpack_from(f">{count}{'H' if long else 'B'}", content, at)
            return [number & (0x7FFF if long else 0x7F) for number in numbers]
        at += count * (2 if long else 1)
    raise NoTiles
