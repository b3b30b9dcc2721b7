"""How the names of environment variables get into client code: what source and settings say, without running any."""
