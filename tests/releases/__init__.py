"""Dumps of released versions, on which later migrations are tried. `make release-dump` writes the present one."""
