"""Seeded fuzzers of everything that listens: `make fuzz`, and a short run of each in `make test`."""
