"""Putting messages into the outbox."""
