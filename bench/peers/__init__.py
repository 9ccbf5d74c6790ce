"""The servers with which Tunping is compared."""
