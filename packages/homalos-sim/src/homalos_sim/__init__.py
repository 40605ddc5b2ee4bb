"""The simulated venue of Homalos: matching, a synthetic market, tape replay."""

from homalos_sim.options import SyntheticOptions, TapeOptions, VenueOptions

__all__ = ["SyntheticOptions", "TapeOptions", "VenueOptions"]
