"""Pages without scripts: those behind printed QR codes, for residents without an account, and that of an invitation."""

from api.pages import ask, follow, invitation, sign_up, wall

routes = [*ask.routes, *follow.routes, *invitation.routes, *sign_up.routes, *wall.routes]
