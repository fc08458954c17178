"""A module that cannot be imported, for test_builders.py."""

raise RuntimeError("broken")
