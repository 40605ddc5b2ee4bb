"""Readers of data files: `ticks` and `bars`, from CSV (plain or gzip) and Parquet.

Both share one way through a file: a row that cannot be used is handed to
`context.bad_row` with what was found and what was expected, and the next one is
read; a file that cannot be used as a whole is a `DataError`.
"""

__all__: list[str] = []
