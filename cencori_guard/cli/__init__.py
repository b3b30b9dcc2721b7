"""The command line: parses, calls, returns an exit code.  One file a command; the only importer of click."""
