"""Pictures of the pages while a short story is played on a real installation: `make screenshots`."""
