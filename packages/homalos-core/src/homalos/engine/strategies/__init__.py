"""The room of the strategies: where they come from, how they run, what becomes of them."""
