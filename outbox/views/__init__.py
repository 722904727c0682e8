"""Addresses under /messages/."""
