"""Number types of the keys of scenarios and faults."""

from __future__ import annotations

from typing import Annotated

import msgspec

DAY = 86_400

Count = Annotated[int, msgspec.Meta(ge=0)]
PositiveCount = Annotated[int, msgspec.Meta(ge=1)]
Status = Annotated[int, msgspec.Meta(ge=400, le=599)]
Seconds = Annotated[float, msgspec.Meta(ge=0)]
BoundedSeconds = Annotated[float, msgspec.Meta(ge=0, le=DAY)]
PositiveSeconds = Annotated[float, msgspec.Meta(gt=0, le=DAY)]
Milliseconds = Annotated[float, msgspec.Meta(ge=0, le=1000 * DAY)]
