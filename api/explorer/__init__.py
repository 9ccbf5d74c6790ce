"""Pages for developers in a browser: GraphiQL at `/graphql`, and the documents of the API at `/docs`."""

from api.explorer import files, manual

routes = [*files.routes, *manual.routes]
