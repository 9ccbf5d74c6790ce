"""GraphQL: what may be asked and said."""

from schema import vocabulary

__all__ = ["vocabulary"]
