"""What a browser asks of lessons: reading, work in blocks, quizzes, study."""
