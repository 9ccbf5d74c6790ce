"""GraphQL: what may be asked and said."""

from schema import vocabulary, vocabulary_acts

__all__ = ["vocabulary", "vocabulary_acts"]
