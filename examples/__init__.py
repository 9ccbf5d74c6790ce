"""Programs that speak to Tunping from outside."""
