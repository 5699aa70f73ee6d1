from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict, List

from attrs import define, field

from ..types import list_of, written


@define(kw_only=True)
class PaginatedCallsResponse:
    """A page of calls.

    Attributes:
        calls: The calls of the page, latest first.
        pagination: Where a page stands among all pages.
    """

    calls: List[Call]
    pagination: PaginationInfo
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {"calls": self.calls, "pagination": self.pagination}
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PaginatedCallsResponse:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            calls=list_of(Call.from_dict)(take("calls")),
            pagination=PaginationInfo.from_dict(take("pagination")),
            additional_properties=fields or {},
        )


from ..models.call import Call
from ..models.pagination_info import PaginationInfo
