"""What everybody may know of the demo, for commands that load nothing else of it."""

DEMO_PASSWORD = "tunping2023"  # noqa: S105  everybody may know it
DEMO_COUNTER_CODE = "HALL7Q4M2X9K"
"""The QR code at the counter of the hall."""
