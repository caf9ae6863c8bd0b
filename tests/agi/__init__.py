"""The FastAGI server, talked to as Asterisk talks to it."""
