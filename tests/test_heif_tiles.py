"""Photos of phones above 16 million pixels: a HEIC of tiles is joined tile by tile at a reduced scale."""

import io
import struct
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from api.http import pictures
from api.http.pictures import NotAPicture, Picture, picture_of
from tests.test_photo_uploads import saved

SIZE = (1100, 900)
UPRIGHT = {1: SIZE, 3: SIZE, 6: SIZE[::-1], 8: SIZE[::-1]}
"""The size in which a photo is shown, by the orientation in which the phone was held."""


def photo(**more: Any) -> bytes:
    """A HEIC of 3 times 2 tiles, with fields of different colours."""
    picture = Image.linear_gradient("L").resize(SIZE).convert("RGB")
    for number, colour in enumerate(("red", "green", "blue")):
        picture.paste(colour, (100 + number * 300, 100, 300 + number * 300, 500))
    settings_ = {"quality": 80, "enc_params": {"preset": "ultrafast"}, "tile_size": 512}
    return saved(picture, "HEIF", **settings_ | more)


def held(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return photo(exif=exif.tobytes())


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes the photos of these tests for large ones."""
    monkeypatch.setitem(pictures.MOST_PIXELS, "HEIF", 100_000)
    monkeypatch.setattr(pictures, "LONGEST_SIDE", 540)


def shown(picture: Picture) -> Image.Image:
    return Image.open(io.BytesIO(picture.whole))


@pytest.mark.long
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_a_photo_of_tiles_is_the_photo_that_is_decoded_at_once(
    orientation: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = held(orientation)
    monkeypatch.setattr(pictures, "LONGEST_SIDE", 540)
    at_once = shown(picture_of(content))
    monkeypatch.setitem(pictures.MOST_PIXELS, "HEIF", 100_000)
    joined = shown(picture_of(content))
    width, height = UPRIGHT[orientation]
    assert (joined.width > joined.height) == (at_once.width > at_once.height) == (width > height)
    assert max(joined.size) == 540
    difference = ImageStat.Stat(ImageChops.difference(joined, at_once.resize(joined.size)))
    assert max(difference.mean) < 4


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("tile_size", [0, 256])
def test_a_large_photo_without_tiles_as_phones_make_them_is_refused_with_what_to_do(tile_size: int) -> None:
    with pytest.raises(NotAPicture) as refused:
        picture_of(photo(tile_size=tile_size))
    assert refused.value.code == "TOO_MANY_PIXELS"
    assert str(refused.value).endswith(" pixels at most. Send it smaller.")


@pytest.mark.long
@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("size", [(2200, 900), (4, 4), (60_000, 60_000)])
def test_a_grid_that_claims_another_size_is_refused(size: tuple[int, int]) -> None:
    content = bytearray(photo())
    struct.pack_into(">II", content, content.index(struct.pack(">II", *SIZE)), *size)
    with pytest.raises(NotAPicture):
        picture_of(bytes(content))


CONTENT = photo()
_BOXES = range(4, CONTENT.index(b"mdat"))


@pytest.mark.usefixtures("small")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.dictionaries(st.sampled_from(_BOXES), st.integers(0, 255), min_size=1, max_size=4))
def test_whatever_a_file_claims_it_is_read_or_refused(changed: dict[int, int]) -> None:
    content = bytearray(CONTENT)
    for at, value in changed.items():
        content[at] = value
    try:
        picture = picture_of(bytes(content))
    except NotAPicture:
        return
    assert max(picture.width, picture.height) <= 550
