"""The OpenAPI document, and checks of requests against it."""
