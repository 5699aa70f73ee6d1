"""The version of the distribution, defined only here."""

__version__ = "0.2.0"
