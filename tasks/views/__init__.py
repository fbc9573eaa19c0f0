"""The pages about what is scheduled."""
