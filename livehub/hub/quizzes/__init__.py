"""Quizzes: answers, deadline, result."""
