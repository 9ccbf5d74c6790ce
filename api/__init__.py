"""The interface to the outside: HTTP, pages, office documents, background work and the command line."""
