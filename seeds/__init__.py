"""The demo community: a year of made-up people and cases, the same data every time."""
