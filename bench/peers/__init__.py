"""What Tunping is measured against."""
