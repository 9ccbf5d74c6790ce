"""The pages behind the printed QR codes: for residents, in a browser, without an account or a script."""

from api.pages import ask, follow, wall

routes = [*ask.routes, *follow.routes, *wall.routes]
