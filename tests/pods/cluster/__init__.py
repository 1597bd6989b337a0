"""A small cluster of one node for tests: real containers, real network namespaces, and of Kubernetes what the examples use.

What it cannot do it refuses by name, so that nothing in a manifest passes unseen.
"""
