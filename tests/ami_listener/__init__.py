"""The AMI listener: fed with what a real Asterisk said, and talked to as Asterisk talks to it."""
