"""The version of the distribution, in its one place."""

__version__ = "0.1.0"

NOT_INSTALLED = "error: {} is missing: pip install '.[demo]' in vatel's folder (Python >= 3.9)"
"""What the programs say where even this package's own dependencies are not there."""
