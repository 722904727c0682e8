"""Follow-up sequences: who enters, what is sent when, and what stops it."""
