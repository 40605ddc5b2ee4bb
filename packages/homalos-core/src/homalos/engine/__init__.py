"""The only room that acts: the managers and the loop that drives them."""
