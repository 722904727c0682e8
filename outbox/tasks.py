"""The Celery edge of the outbox."""
