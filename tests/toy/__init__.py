"""A module that is in no list of the product: one of everything that a module can add, for tests/integration/test_module.py."""
