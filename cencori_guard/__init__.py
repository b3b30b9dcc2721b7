"""cencori-guard: no Cencori API key ever ships."""

__version__ = "0.1.0"
