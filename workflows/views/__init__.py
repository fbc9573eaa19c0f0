"""The pages about runs, their questions, and models."""
