"""What stands in for a cluster: helm and kubectl, the schemas of its API, and the sidecar that all must give."""
