"""A minimal system of a dispute resolution centre. It uses only Tunping's API."""
