"""Takes a multipart body apart while it comes: texts are collected, a file is handed over as soon as it is whole."""

from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from api.http.uploads import Waiting, waiting


class Malformed(Exception):
    """The body is no form."""


@dataclass(slots=True)
class Part:
    """A field of a form, or a file."""

    name: str = ""
    content: bytearray = field(default_factory=bytearray)
    file: Waiting | None = None
    size: int = 0
    too_large: bool = False

    def close(self) -> None:
        """Nobody needs the file any more."""
        if self.file is not None:
            self.file.close()


class Parts:
    """The parts of a body; of one that is longer than ``most`` bytes the rest is thrown away."""

    def __init__(self, boundary: bytes, most: int) -> None:
        self._most = most
        self._part = Part()
        self._header, self._value = bytearray(), bytearray()
        self._done: list[Part] = []
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                "on_header_end": self._named,
                "on_part_data": self._more,
                "on_part_end": lambda: self._done.append(self._part),
                "on_end": self._end,
            },
        )

    def feed(self, chunk: bytes) -> list[Part]:
        """The parts that are whole with this."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise Malformed from error
        done, self._done = self._done, []
        return done

    def finish(self) -> None:
        """Nothing more comes; a body that stops in the middle is none."""
        if not self._ended:
            raise Malformed

    def close(self) -> None:
        """Whatever was cut off is let go."""
        for part in (self._part, *self._done):
            part.close()

    def _begin(self) -> None:
        self._part = Part()

    def _named(self) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            options = parse_options_header(bytes(self._value))[1]
            self._part.name = options.get(b"name", b"").decode(errors="replace")
            if b"filename" in options and self._part.file is None:
                self._part.file = waiting()
        self._header.clear()
        self._value.clear()

    def _more(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        room = self._most - part.size
        part.too_large = part.too_large or end - start > room
        taken = data[start : min(end, start + room)]
        part.size += len(taken)
        if part.file is None:
            part.content += taken
        else:
            part.file.write(taken)

    def _end(self) -> None:
        self._ended = True
