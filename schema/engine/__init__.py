"""Runs operations: queries, mutations and subscriptions, from a parsed document to the answer."""
