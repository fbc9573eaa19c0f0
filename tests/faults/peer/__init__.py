"""Installed in workers under test: what the model says and what the tools do is known in advance."""
