"""Storage for Homalos: a SQLite database and readers of data files."""

__all__: list[str] = []
