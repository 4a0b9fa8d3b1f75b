"""A local Segments API on SQLite and files, sharing no code with the client."""
