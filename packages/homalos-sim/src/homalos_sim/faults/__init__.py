"""A wire that fails on purpose, between the engine and the simulated venue."""
