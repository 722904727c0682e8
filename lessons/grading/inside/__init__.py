"""Runs inside a jail, before any learner's code: gives up every right that Python can do without.

Standard library only, and nothing of the project: a jail has neither.
"""
