"""Parses a multipart body as it arrives: each part is available as soon as it is complete."""

from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from api.http.uploads import Spooled, spooled


@dataclass(slots=True)
class Part:
    """A field with its content, or a file."""

    name: str = ""
    content: bytearray = field(default_factory=bytearray)
    file: Spooled | None = None
    size: int = 0
    too_large: bool = False

    def close(self) -> None:
        if self.file is not None:
            self.file.close()


class Parts:
    """The parts of a body. Each is cut after ``most`` bytes. Raises FormParserError if the form is malformed."""

    def __init__(self, boundary: bytes, most: int) -> None:
        self._most = most
        self._part = Part()
        self._header, self._value = bytearray(), bytearray()
        self._complete: list[Part] = []
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                "on_header_end": self._read_header,
                "on_part_data": self._extend,
                "on_part_end": lambda: self._complete.append(self._part),
                "on_end": self._end,
            },
        )

    def feed(self, chunk: bytes) -> list[Part]:
        """The parts that this chunk completes."""
        self._parser.write(chunk)
        complete, self._complete = self._complete, []
        return complete

    def finish(self) -> None:
        """Ends the body, which may not end before its closing boundary."""
        if not self._ended:
            raise FormParserError

    def close(self) -> None:
        for part in (self._part, *self._complete):
            part.close()

    def _begin(self) -> None:
        self._part = Part()

    def _read_header(self) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            options = parse_options_header(bytes(self._value))[1]
            self._part.name = options.get(b"name", b"").decode(errors="replace")
            if b"filename" in options and self._part.file is None:
                self._part.file = spooled()
        self._header.clear()
        self._value.clear()

    def _extend(self, data: bytes, start: int, end: int) -> None:
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
