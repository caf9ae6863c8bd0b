"""The rules of the line, pure: facts and time come in as arguments, decisions go out as values."""
