"""YAML files: their text as plain data, and plain data as validated models, every mistake with its line."""
