"""Pure: a `Run` to words, tables and files' contents. May import outcomes; nothing here opens a file or a socket."""
