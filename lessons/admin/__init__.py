"""What authors and reviewers have for lessons in the CMS."""
