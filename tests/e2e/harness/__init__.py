"""What the end-to-end tests are made of: processes, servers and raw connections, each bounded in time."""
