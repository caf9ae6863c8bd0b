"""Scripts that make a machine ready; called by the Makefile."""
