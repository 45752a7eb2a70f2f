"""A repository's beginning, and the version of the product that it runs on."""
