"""Every query of the line, by name. Each takes a session and leaves the transaction to its caller."""
