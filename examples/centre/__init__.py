"""A dispute resolution centre's own system, as small as it can be: it stands on Tunping's API alone."""
