"""Audio ports: garbage in place of a keypad."""
