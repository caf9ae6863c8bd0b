"""The tests of the line, part by part."""
