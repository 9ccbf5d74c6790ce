"""The pages behind printed QR codes: for residents, in a browser, without an account and without scripts."""

from api.pages import ask, follow, wall

routes = [*ask.routes, *follow.routes, *wall.routes]
