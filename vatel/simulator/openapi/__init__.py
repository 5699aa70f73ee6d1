"""Requests checked against the OpenAPI document."""
