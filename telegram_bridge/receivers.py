"""What the apps below tell, and what Telegram makes of it: rows in the sender's transaction, nothing more."""
