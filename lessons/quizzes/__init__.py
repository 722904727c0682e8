"""Quizzes: what is asked, how it is marked, a person's sitting, and what of it the page may show."""
