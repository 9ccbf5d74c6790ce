"""What can be done, noun by noun: inputs, payloads and the fields of the root."""
