"""The AMI listener: sees that calls connect and how long they last, and writes it down. Never audio, never content."""
