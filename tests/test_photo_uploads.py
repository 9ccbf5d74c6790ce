"""Hostile uploads: none is accepted wrongly, no metadata is kept, memory stays bounded."""

import asyncio
import hashlib
import io
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from PIL import Image, ImageDraw, PngImagePlugin

import api.http.uploads
from api.http.pictures import MOST_PIXELS, NotAPicture, picture_of
from tests.client import Tunping, serving

SECRET_WORDS = (
    b"GPSLatitude",
    b"Exif",
    b"http://ns.adobe.com",
    b"ICC_PROFILE",
    b"a comment",
    b"PK\x03\x04",
    b"<script>",
)


@pytest.fixture
async def server(small_copy_url: str) -> AsyncIterator[Tunping]:
    """The application over small communities."""
    async with serving(small_copy_url) as client:
        yield await client.as_("网格员01")


def image(mode: str = "RGB", size: tuple[int, int] = (64, 48)) -> Image.Image:
    """Something to see."""
    made = Image.new(mode, size)
    ImageDraw.Draw(made).ellipse((0, 0, *size))
    return made


def saved(picture: Image.Image, kind: str, **more: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **more)
    return buffer.getvalue()


def _gps() -> Image.Exif:
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (43.0, 49.0, 30.0), 3: "E", 4: (87.0, 36.0, 0.0)}
    exif[0x010E] = "GPSLatitude"
    return exif


def with_gps() -> bytes:
    return saved(image(), "JPEG", exif=_gps(), comment=b"a comment", icc_profile=b"ICC_PROFILE" * 9)


def with_xmp() -> bytes:
    return saved(image(), "JPEG", xmp=b"<x:xmpmeta xmlns:x='http://ns.adobe.com'><script></x:xmpmeta>")


def with_text() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "a comment <script>")
    return saved(image(), "PNG", pnginfo=info)


def with_a_long_text() -> bytes:
    content = saved(image(), "PNG")
    packed = b"Comment\0\0" + zlib.compress(bytes(200 * 1024 * 1024))
    text = struct.pack(">I", len(packed)) + b"zTXt" + packed + struct.pack(">I", zlib.crc32(b"zTXt" + packed))
    return content[:33] + text + content[33:]


def with_a_zip_behind() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("evil.sh", "<script>")
    return saved(image(), "JPEG") + buffer.getvalue()


def png(width: int, height: int, colours: int) -> bytes:
    """A black PNG of this size, with colours by that number of the format."""
    header = struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(bytes(100_000))), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def bomb() -> bytes:
    """A PNG of 30,000 by 30,000 that takes a few bytes."""
    return png(30_000, 30_000, 2)


def without_a_palette() -> bytes:
    """A PNG whose colours are numbers of a palette that it does not have. Pillow asserts that there is one."""
    return png(8, 8, 3)


def sideways(tag: int, kind: int, value: int) -> bytes:
    """A photo that stands upright when it is turned, with a tag of its metadata that cannot be written again."""
    tags = struct.pack("<HHIIHHIII", 0x0112, 3, 1, 6, tag, kind, 1, value, 0)
    return saved(image(), "JPEG", exif=b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + tags)


def with_size(content: bytes, width: int, height: int) -> bytes:
    """A JPEG that claims another size."""
    at = content.index(b"\xff\xc0") + 5
    return content[:at] + struct.pack(">HH", height, width) + content[at + 4 :]


def two_pictures(size: tuple[int, int] = (64, 48)) -> bytes:
    """A JPEG as phones write it, with a second picture in it (MPO)."""
    return saved(image(size=size), "MPO", save_all=True, append_images=[image(size=size)])


def heic(size: tuple[int, int] = (64, 48), **more: Any) -> bytes:
    """A photo of an iPhone."""
    return saved(image(size=size), "HEIF", quality=50, enc_params={"preset": "ultrafast"}, **more)


def heic_with_gps() -> bytes:
    return heic(exif=_gps().tobytes(), xmp=b"<x:xmpmeta xmlns:x='http://ns.adobe.com'></x:xmpmeta>")


WRONG: dict[str, tuple[Callable[[], bytes], int, str]] = {
    "nothing": (lambda: b"", 415, "UNSUPPORTED_PHOTO"),
    "text": (lambda: b"hello", 415, "UNSUPPORTED_PHOTO"),
    "a page": (lambda: b"<html><script>alert(1)</script></html>", 415, "UNSUPPORTED_PHOTO"),
    "an SVG": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", 415, "UNSUPPORTED_PHOTO"),
    "a PDF": (lambda: b"%PDF-1.7 ...", 415, "UNSUPPORTED_PHOTO"),
    "a zip": (lambda: b"PK\x03\x04" + bytes(99), 415, "UNSUPPORTED_PHOTO"),
    "a GIF": (lambda: saved(image("P"), "GIF"), 415, "UNSUPPORTED_PHOTO"),
    "a BMP": (lambda: saved(image(), "BMP"), 415, "UNSUPPORTED_PHOTO"),
    "a TIFF": (lambda: saved(image(), "TIFF"), 415, "UNSUPPORTED_PHOTO"),
    "an ICO": (lambda: saved(image(), "ICO"), 415, "UNSUPPORTED_PHOTO"),
    "a HEIC's magic alone": (lambda: b"\0\0\0\x18ftypheic" + bytes(99), 415, "UNSUPPORTED_PHOTO"),
    "a truncated HEIC": (lambda: heic((600, 600))[:-200], 422, "BROKEN_PHOTO"),
    "a HEIC with too many pixels": (lambda: heic((4_700, 3_500)), 422, "TOO_MANY_PIXELS"),
    "a film": (lambda: b"\0\0\0\x18ftypisom" + bytes(99), 415, "UNSUPPORTED_PHOTO"),
    "an MPO that is cut off": (lambda: two_pictures((600, 600))[:2000], 422, "BROKEN_PHOTO"),
    "magic alone": (lambda: b"\xff\xd8\xff", 415, "UNSUPPORTED_PHOTO"),
    "PNG's magic alone": (lambda: b"\x89PNG\r\n\x1a\n", 415, "UNSUPPORTED_PHOTO"),
    "a sound in RIFF": (lambda: b"RIFF\x24\0\0\0WAVEfmt " + bytes(40), 415, "UNSUPPORTED_PHOTO"),
    "magic and a script": (lambda: b"\xff\xd8\xff<script>alert(1)</script>", 415, "UNSUPPORTED_PHOTO"),
    "text before a JPEG": (lambda: b"<script>" + saved(image(), "JPEG"), 415, "UNSUPPORTED_PHOTO"),
    "a truncated JPEG": (lambda: saved(image(size=(600, 600)), "JPEG")[:-2000], 422, "BROKEN_PHOTO"),
    "a truncated PNG": (lambda: saved(image(size=(600, 600)), "PNG")[:-200], 422, "BROKEN_PHOTO"),
    "a truncated WebP": (lambda: saved(image(size=(600, 600)), "WEBP")[:-200], 422, "BROKEN_PHOTO"),
    "a bomb": (bomb, 422, "TOO_MANY_PIXELS"),
    "a PNG without its palette": (without_a_palette, 422, "BROKEN_PHOTO"),
    "a JPEG that claims to be huge": (
        lambda: with_size(saved(image(), "JPEG"), 65_000, 65_000),
        422,
        "TOO_MANY_PIXELS",
    ),
    "a JPEG without height": (lambda: with_size(saved(image(), "JPEG"), 64, 0), 415, "UNSUPPORTED_PHOTO"),
    "a PNG whose words unpack to 200 MB": (with_a_long_text, 422, "BROKEN_PHOTO"),
}
FINE: dict[str, Callable[[], bytes]] = {
    "GPS in EXIF, a comment and a profile": with_gps,
    "XMP": with_xmp,
    "text in a PNG": with_text,
    "a zip behind it": with_a_zip_behind,
    "CMYK": lambda: saved(image("CMYK"), "JPEG"),
    "grey": lambda: saved(image("L"), "JPEG"),
    "16 bits": lambda: saved(image("I;16"), "PNG"),
    "a palette with transparency": lambda: saved(image("P"), "PNG", transparency=0),
    "alpha": lambda: saved(image("RGBA"), "WEBP"),
    "black and white": lambda: saved(image("1"), "PNG"),
    "moving": lambda: saved(image(), "WEBP", save_all=True, append_images=[image(size=(64, 48))]),
    "a second picture in it": two_pictures,
    "a second picture, and GPS": lambda: saved(
        image(), "MPO", save_all=True, append_images=[image()], exif=_gps(), comment=b"a comment"
    ),
    "an iPhone's": heic,
    "an iPhone's with GPS": heic_with_gps,
    "an iPhone's with several pictures": lambda: heic(save_all=True, append_images=[image()]),
    "an iPhone's, transparent": lambda: saved(image("RGBA"), "HEIF"),
    "progressive": lambda: saved(image(), "JPEG", progressive=True),
    "one by 60,000": lambda: saved(image(size=(1, 60_000)), "PNG"),
}


async def put(who: Tunping, content: Any, name: str) -> httpx.Response:
    """Sends a photo."""
    return await who.http.put(f"/photos/{name}", content=content, headers=who.headers)


@pytest.mark.long
@pytest.mark.parametrize("case", WRONG)
async def test_what_is_no_photo_is_refused_by_name_and_leaves_nothing(server: Tunping, case: str) -> None:
    make, status, code = WRONG[case]
    content, before = make(), await server.count("photo_file")
    refused = await put(server, content, hashlib.sha256(content).hexdigest())
    assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (status, code)
    assert await server.count("photo_file") == before


@pytest.mark.parametrize("case", FINE)
def test_what_is_kept_has_pixels_and_nothing_else(case: str) -> None:
    picture = picture_of(FINE[case]())
    for content in (picture.whole, picture.thumbnail):
        assert not [word for word in SECRET_WORDS if word in content]
        again = Image.open(io.BytesIO(content))
        assert (again.format, again.mode) == ("JPEG", "RGB")
        assert set(again.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert dict(again.getexif()) == {}


@pytest.mark.parametrize("tag", [(0x0100, 4, 64), (0x010E, 11, 2**32 - 5), (0x0111, 4, 2**32 - 5), (0x0111, 2, 9)])
def test_a_photo_taken_sideways_stands_upright(tag: tuple[int, int, int]) -> None:
    picture = picture_of(sideways(*tag))
    assert (picture.width, picture.height) == (48, 64)


async def test_what_is_too_large_or_called_wrongly_is_refused(server: Tunping) -> None:
    large, before = bytes(11 * 1024 * 1024), await server.count("photo_file")
    said = await put(server, large, hashlib.sha256(large).hexdigest())
    assert (said.status_code, said.json()["errors"][0]["extensions"]["code"]) == (413, "PHOTO_TOO_LARGE")

    async def unsaid() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield bytes(1024 * 1024)

    assert (await put(server, unsaid(), "0" * 64)).status_code == 413
    right = saved(image(), "JPEG")
    wrong = await put(server, right, "0" * 64)
    assert (wrong.status_code, wrong.json()["errors"][0]["extensions"]["code"]) == (422, "WRONG_DIGEST")
    for name in ("x", "A" * 64, "0" * 63, "..%2f..%2fetc%2fpasswd"):
        assert (await put(server, right, name)).status_code in {400, 404, 405}
    assert await server.count("photo_file") == before


async def test_a_slow_drip_is_cut_off(server: Tunping, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.http.uploads, "IDLE", 0.05)

    async def drip() -> AsyncIterator[bytes]:
        yield b"\xff\xd8\xff"
        await asyncio.Event().wait()

    refused = await put(server, drip(), "0" * 64)
    assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (408, "TOO_SLOW")


async def test_a_drip_that_never_rests_is_cut_off_too(server: Tunping, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.http.uploads, "WHOLE", 0.3)

    async def drip() -> AsyncIterator[bytes]:
        while True:
            yield b"\xff"
            await asyncio.sleep(0.02)

    refused = await put(server, drip(), "0" * 64)
    assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (408, "TOO_SLOW")


PEAK = """
import resource, sys
from pathlib import Path
from api.http.pictures import NotAPicture, picture_of
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for file in sys.argv[1:]:
    try:
        picture_of(Path(file).read_bytes())
    except NotAPicture:
        pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


LARGE: dict[str, Callable[[], bytes]] = {
    "a bomb": bomb,
    "transparent": lambda: saved(Image.new("RGBA", (4_000, 3_000), (1, 2, 3, 4)), "PNG", compress_level=1),
    "HEIC": lambda: heic((4_600, 3_450)),
}
LARGER: dict[str, Callable[[], bytes]] = {
    "JPEG": lambda: saved(Image.new("RGB", (8_000, 6_000), "red"), "JPEG"),
    "square": lambda: saved(Image.new("RGB", (5_119, 5_119), "red"), "JPEG"),
    "panorama": lambda: saved(Image.new("RGB", (16_000, 3_000), "red"), "JPEG"),
    "progressive": lambda: saved(Image.new("RGB", (4_600, 3_450)), "JPEG", progressive=True, subsampling=0),
    "two pictures": lambda: two_pictures((8_000, 6_000)),
    "tiles": lambda: heic((8_064, 6_048), tile_size=512),
    "PNG": lambda: saved(Image.new("RGB", (5_100, 3_900), "red"), "PNG"),
    "deep": lambda: saved(Image.new("I;16", (4_000, 3_000)), "PNG"),
    "WebP": lambda: saved(Image.new("RGBA", (2_800, 2_100), (1, 2, 3, 4)), "WEBP"),
}


@pytest.mark.long
@pytest.mark.parametrize("pictures", [LARGE, LARGE | LARGER], ids=len)
def test_memory_stays_bounded(tmp_path: Path, pictures: dict[str, Callable[[], bytes]]) -> None:
    """The largest that are accepted and the worst that is refused, in a process of their own: megabytes."""
    files = [tmp_path / name for name in pictures]
    for file in files:
        file.write_bytes(pictures[file.name]())
    command = [sys.executable, "-c", PEAK, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    assert int(done.stdout) < 150


@pytest.mark.long
async def test_many_that_come_at_once_wait_on_the_disk(server: Tunping) -> None:
    """Forty times nine megabytes, all of them there and none of them whole: what the process grows by meanwhile."""
    piece, arrived, go_on = bytes(1024 * 1024), asyncio.Semaphore(0), asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"\xff\xd8\xff"
        for _ in range(9):
            yield piece
        arrived.release()
        await go_on.wait()

    process = psutil.Process()
    before = process.memory_info().rss
    sending = [asyncio.create_task(put(server, body(), f"{number:064x}")) for number in range(40)]
    for _ in sending:
        await arrived.acquire()
    grown = process.memory_info().rss - before
    go_on.set()
    assert {each.status_code for each in await asyncio.gather(*sending)} == {422}
    assert grown < 100 * 1024 * 1024


def test_pixels_are_counted_before_they_are_decoded() -> None:
    side = int(MOST_PIXELS["JPEG"] ** 0.5) + 1
    with pytest.raises(NotAPicture) as refused:
        picture_of(with_size(saved(image(), "JPEG"), side, side))
    assert refused.value.code == "TOO_MANY_PIXELS"
