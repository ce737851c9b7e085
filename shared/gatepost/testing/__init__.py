"""What tests need, ours and a stranger's: private servers, drivers, conformance suites."""
