"""Reads what a form sends: few fields, once each, within the limit of a body."""

from urllib.parse import parse_qsl

from starlette.requests import Request

from api.pages.frame import Instead

Form = dict[str, str]
MAX_FIELDS = 12
_URLENCODED = "application/x-www-form-urlencoded"


async def read_form(request: Request) -> Form:
    """The fields of a form that a page of ours sent."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _URLENCODED:
        raise _unreadable(415)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > request.app.state.body_limit:
            raise Instead(413, "写得太长了", "请写短一些，两千字以内，再提交一次。")
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise _unreadable(400) from None
    return {name: value.replace("\r\n", "\n") for name, value in fields}


def _unreadable(status: int) -> Instead:
    return Instead(status, "没有看懂", "请重新扫一下二维码，再写一次。")
