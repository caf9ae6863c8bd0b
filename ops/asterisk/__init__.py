"""The real Asterisk: found or installed, configured from `dialplan/`, run."""
