"""Tests, laid out as the code is: tests/<folder>/test_<module>.py. Real servers, a real browser, no mocks of our own."""
