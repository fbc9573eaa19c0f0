"""Reading the web without reaching what is not public: addresses, the door they are reached through, limits, text."""
