"""Public names of the models of the REST operations."""

from vatel_rest.models import *  # noqa: F403
from vatel_rest.models import __all__ as __all__  # noqa: PLC0414
