"""Tests of the outbox worker: real receivers on real sockets."""
