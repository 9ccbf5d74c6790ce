"""The demo community: a year of made-up people and their matters, the same data every time."""
