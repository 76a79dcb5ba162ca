"""`moveready explain`: what a pasted error text means, and which control can confirm it. No network."""
