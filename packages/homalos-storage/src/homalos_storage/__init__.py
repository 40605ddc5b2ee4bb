"""Storage for Homalos: a SQLite database, readers and writers of data files."""

__all__: list[str] = []
