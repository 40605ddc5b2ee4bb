"""Fill models of the simulated venue beside `l1`, and what they are made of."""
