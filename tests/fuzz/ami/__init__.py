"""The two witnesses: the manager interface and the CEL rows."""
