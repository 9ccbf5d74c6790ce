"""Client programs that use Tunping's API."""
