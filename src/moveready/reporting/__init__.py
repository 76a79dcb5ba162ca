"""Pure: a `Run` to words, tables and files' contents."""
