"""The media types of GraphQL requests and answers."""

JSON = "application/json"
RESPONSE = "application/graphql-response+json"
EVENTS = "text/event-stream"
PARTS = "multipart/mixed"
"""Of Apollo's protocol for subscriptions, with the parameter ``subscriptionSpec=1.0``."""
HTML = "text/html"
