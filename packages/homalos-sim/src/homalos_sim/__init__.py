"""The simulated venue of Homalos: matching, a synthetic market, tape replay."""
