"""GraphQL: what may be asked and said."""
