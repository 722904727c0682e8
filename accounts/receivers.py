"""Reactions to allauth's signals."""
