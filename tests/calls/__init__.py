"""Real calls through a real Asterisk: one folder per behaviour, each with its SIPp scenario."""
