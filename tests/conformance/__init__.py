"""The conformance suite against our server and others', whose environments `make conformance` installs."""
