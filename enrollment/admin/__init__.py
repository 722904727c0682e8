"""The admissions desk inside the CMS."""
