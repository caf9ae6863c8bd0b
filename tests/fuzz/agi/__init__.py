"""FastAGI: hostile clients against our server, hostile servers against Asterisk."""
