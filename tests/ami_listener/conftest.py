"""What the tests of the listener share: the log and the line of the FastAGI server's."""

from tests.agi.conftest import line, plain_log

__all__ = ["line", "plain_log"]
