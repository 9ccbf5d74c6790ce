"""Logs: one JSON object a line on standard error, with ids, codes and places in the code, never data about people."""

import sys
import traceback

import structlog


def configure() -> None:
    """Sets the format for the whole process."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


def anonymous(error: BaseException) -> dict[str, object]:
    """The kind of an error and where it happened. Its message is left out: it may quote a row or a parameter."""
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "error": type(error).__name__,
        "sqlstate": getattr(error, "sqlstate", None),
        "stack": [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames],
    }
