"""The FastAGI server: reads what the dialplan hands over, decides, answers."""
