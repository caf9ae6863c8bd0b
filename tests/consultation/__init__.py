"""The rules, each stated as a test."""
