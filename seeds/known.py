"""Public facts of the demo, for commands that load nothing else of it."""

DEMO_PASSWORD = "tunping2023"  # noqa: S105  it is public
DEMO_COUNTER_CODE = "HALL7Q4M2X9K"
"""The QR code of the counter in the hall."""
