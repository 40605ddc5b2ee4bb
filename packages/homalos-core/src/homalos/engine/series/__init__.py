"""Main contracts by trading day, and the continuous prices that are made of them. Pure."""
