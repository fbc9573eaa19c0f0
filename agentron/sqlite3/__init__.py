"""Django's SQLite backend, with a queue for whoever wants to write."""
