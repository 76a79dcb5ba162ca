"""Reads YAML files as plain data, and plain data as validated models; every mistake has its line."""
