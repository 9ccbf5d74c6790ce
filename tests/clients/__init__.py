"""Stories of real clients against a server that was really started. `make clients` runs them."""
