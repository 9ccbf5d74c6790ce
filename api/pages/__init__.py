"""The pages behind the printed QR codes: for residents, in a browser, without an account or a script."""

from typing import Any

from api.pages import ask, follow, wall
from api.pages.frame import Instead, answer_instead

handlers: dict[type[Exception], Any] = {Instead: answer_instead}
routes = [*ask.routes, *follow.routes, *wall.routes]
