"""The quiet years of the demo: from 2024 to the moment of loading. They change no figure of 2023."""
