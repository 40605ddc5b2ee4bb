"""The kit for authors of plugins: fixtures, fakes and contract suites."""
