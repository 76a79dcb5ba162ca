"""`moveready explain`: what a pasted error text means, and which control tells for sure. No network."""
