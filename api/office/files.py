"""Answers with a file to save."""

import asyncio
import io
from collections.abc import Callable
from typing import IO
from urllib.parse import quote

from starlette.responses import Response

_OFFICE = "application/vnd.openxmlformats-officedocument"
DOCX = f"{_OFFICE}.wordprocessingml.document"
XLSX = f"{_OFFICE}.spreadsheetml.sheet"


async def file_response(write: Callable[[IO[bytes]], object], media: str, plain: str, name: str) -> Response:
    """The answer with a file, which is written in a thread. ``plain`` is its name for clients that know ASCII only."""
    buffer = io.BytesIO()
    await asyncio.to_thread(write, buffer)
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(buffer.getvalue(), 200, headers, media)
