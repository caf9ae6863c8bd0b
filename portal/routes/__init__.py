"""One file for each kind of thing that the platform can ask for."""
