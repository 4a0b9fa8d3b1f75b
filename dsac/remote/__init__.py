"""The platform over HTTP: transport, typed client, reader and writer."""
