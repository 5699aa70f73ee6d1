from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict

from attrs import define, field

from ..types import present, written


@define(kw_only=True)
class PaginationInfo:
    """Where a page stands among all pages.

    Attributes:
        page: Number of this page, counted from 1.
        page_size: Number of items on a full page.
        total: Number of items on all pages.
        total_pages: Number of pages.
        has_next: Whether a page follows this one.
        has_prev: Whether a page comes before this one.
    """

    page: int
    page_size: int
    total: int
    total_pages: int
    has_next: bool
    has_prev: bool
    additional_properties: Dict[str, Any] = field(factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """Return the model as a JSON object, without fields that are not set."""
        fields: Dict[str, Any] = {
            "page": self.page,
            "page_size": self.page_size,
            "total": self.total,
            "total_pages": self.total_pages,
            "has_next": self.has_next,
            "has_prev": self.has_prev,
        }
        return {**self.additional_properties, **written(fields)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PaginationInfo:
        """Create the model from a JSON object of the platform."""
        fields = {**data}
        take = fields.pop
        return cls(
            page=present(take("page")),
            page_size=present(take("page_size")),
            total=present(take("total")),
            total_pages=present(take("total_pages")),
            has_next=present(take("has_next")),
            has_prev=present(take("has_prev")),
            additional_properties=fields or {},
        )
