"""What every test of the monorepo shares: the real data's fixture and Hypothesis' profiles."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# pytester, because the fixtures of homalos.testing have tests of their own.
pytest_plugins = ["homalos.testing.fixtures", "pytester"]

# No deadline and no "too slow": machines in CI are shared. No database: a failure found there
# would not travel with the checkout; it becomes an @example instead.
settings.register_profile(
    "homalos",
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("deep", settings.get_profile("homalos"), max_examples=2_000)
settings.load_profile("homalos")
