"""The description of the REST API: /openapi.json for programs, /docs for people.

Both come from the routes and their shapes, and neither loads anything from another server.
"""

from fynix_server.api_docs.routes import install_api_docs

__all__ = ["install_api_docs"]
