"""The pages behind printed QR codes: for residents, in a browser, without an account and without scripts."""

from typing import Any

from api.pages import ask, follow, wall
from api.pages.frame import PageError, answer_page_error

handlers: dict[type[Exception], Any] = {PageError: answer_page_error}
routes = [*ask.routes, *follow.routes, *wall.routes]
