"""Runs queries, mutations and subscriptions."""
