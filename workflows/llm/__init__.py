"""The one door to pydantic-ai: models by name, their errors in plain sentences, and the driving of one step."""
