"""What visitors and learners reach."""
