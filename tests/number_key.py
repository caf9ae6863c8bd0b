"""The key of numbers in the tests' databases."""

NUMBER_KEY = "7465737473" * 6 + "6b6b"
