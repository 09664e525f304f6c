"""The edge of REST: what every route shares. Shapes in, shapes out, and errors as one shape."""

import time
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, cast
from uuid import UUID

import structlog
from pydantic import BaseModel, ValidationError
from quart import Quart, Response, current_app, g, request
from quart.routing import QuartRule
from quart_schema import document_request
from quart_schema.validation import RequestSchemaValidationError
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.routing import UUIDConverter, WebsocketMismatch

from fynix_server import errors, metrics
from fynix_server.protocol.errors import ErrorResponse, FieldProblem
from fynix_server.resources import Resources
from fynix_server.tables import new_id

HTTP_STATUS: dict[type[errors.FynixError], int] = {
    errors.FynixError: 500,
    errors.InvalidInput: 400,
    errors.NotAuthenticated: 401,
    errors.SessionRevoked: 401,
    errors.NotPermitted: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.RateLimited: 429,
    errors.Unavailable: 503,
}
_CODE_OF_STATUS = {
    400: "invalid_input",
    404: "no_such_route",
    405: "method_not_allowed",
    413: "body_too_large",
    500: "internal_error",
}

View = Callable[..., Awaitable[Any]]
log = structlog.get_logger(__name__)


class InvalidId(BadRequest):
    """A path names something by an id that is no UUID."""


class IdConverter(UUIDConverter):
    """`<id:message_id>`: a UUID. Anything else is a 400 that says so, not a 404."""

    # Not `/api/conversations/health`, or its other methods would be a bad id and not a 405.
    regex = r"(?!health$)[^/]+"

    def to_python(self, value: str) -> UUID:
        try:
            if len(value) != 36:
                raise ValueError
            return UUID(value)
        except ValueError:
            raise InvalidId(f"{value[:64]!r} in the path is not a UUID.") from None


class _Route(QuartRule):
    """A route whose code for building its URL, which nobody asks for, is compiled when asked for.

    Compiling it for every route beforehand was four fifths of what making an application took.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled = super()._compile_builder

        def build(rule: "_Route", **values: Any) -> tuple[str, str]:
            return compiled(append_unknown)(rule, **values)

        return build


def current_resources() -> Resources:
    """What the running application works with. Only for routes; services are handed it."""
    return cast(Resources, current_app.extensions["resources"])


def accepts(model: type[BaseModel]) -> Callable[[View], View]:
    """Hand the view the JSON body as a `model`, by the name `data`; the docs learn it too.

    Parsed from the bytes in one step: bad UTF-8, lone surrogates and nesting without end are
    refused there (400), before Python objects are made of them.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        async def parsed(*args: Any, **kwargs: Any) -> Any:
            body = await request.get_data(as_text=False)
            return await view(*args, data=model.model_validate_json(body), **kwargs)

        return document_request(model)(parsed)

    return decorate


def json_response(
    model: BaseModel, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """`model` as the answer. Not validated again: it was when it was made."""
    return Response(
        model.model_dump_json(),
        status,
        headers=headers,
        content_type="application/json",
    )


def no_content() -> Response:
    return Response(b"", 204)


def client_address() -> str:
    """The caller's IP, past as many proxies as `FYNIX_TRUSTED_PROXIES` says stand in front."""
    trusted = current_resources().settings.trusted_proxies
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    if trusted and len(forwarded) >= trusted and forwarded[-trusted].strip():
        # Only what our own proxies appended counts; what stands before it anyone can send.
        return forwarded[-trusted].strip()
    return request.remote_addr or "unknown"


def status_of(error: errors.FynixError) -> int:
    """The status of the nearest class that has one."""
    return next(HTTP_STATUS[kind] for kind in type(error).__mro__ if kind in HTTP_STATUS)


def install_http(app: Quart) -> None:
    """Ids in paths, request ids, headers, metrics and the error shape, for every route."""
    app.url_rule_class = _Route
    app.url_map.converters["id"] = IdConverter
    # An id that is empty would redirect to the route above: reading one notice to reading all.
    app.url_map.merge_slashes = False
    app.before_request(_begin_request)
    app.after_request(_finish_response)
    app.register_error_handler(errors.FynixError, _answer_refusal)
    app.register_error_handler(ValidationError, _answer_invalid)
    app.register_error_handler(RequestSchemaValidationError, _answer_invalid_schema)
    app.register_error_handler(HTTPException, _answer_http_exception)
    app.register_error_handler(Exception, _answer_bug)


async def _begin_request() -> None:
    g.request_id = new_id()
    g.started = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=str(g.request_id))


async def _finish_response(response: Response) -> Response:
    headers = response.headers
    headers["X-Request-Id"] = str(_request_id())
    headers["X-Content-Type-Options"] = "nosniff"
    headers.setdefault("Cache-Control", "no-store")
    state = g.get("rate_limit")
    if state is not None:
        headers.extend(state.headers())
    route = request.url_rule.rule if request.url_rule else "unmatched"
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    # What matches no route has any method that a stranger thinks of, and each would be a series.
    method = request.method if request.url_rule else "any"
    metrics.http_request_duration.labels(method, route, str(response.status_code)).observe(seconds)
    log.debug("request", method=method, route=route, status=response.status_code, ms=seconds * 1000)
    return response


def _request_id() -> UUID:
    # A request that fails before `_begin_request` still gets an id for its error.
    if "request_id" not in g:
        g.request_id = new_id()
    return cast(UUID, g.request_id)


async def _answer_refusal(error: errors.FynixError) -> Response:
    headers: dict[str, str] = {}
    if isinstance(error, (errors.RateLimited, errors.Unavailable)):
        headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, errors.NotAuthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    problems = None
    if isinstance(error, errors.InvalidInput) and error.errors:
        problems = [FieldProblem(field=it.field, detail=it.detail) for it in error.errors]
    return _error_response(status_of(error), error.detail, error.code, problems, headers)


async def _answer_invalid(error: ValidationError, where: str = "body") -> Response:
    problems = [
        FieldProblem(
            field=".".join([where, *(str(part) for part in problem["loc"])]),
            detail=problem["msg"].removeprefix("Value error, "),
        )
        for problem in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    first = problems[0]
    return _error_response(400, f"{first.field}: {first.detail}", "invalid_input", problems)


async def _answer_invalid_schema(error: RequestSchemaValidationError) -> Response:
    cause = error.validation_error
    if isinstance(cause, ValidationError):
        return await _answer_invalid(cause, "query")
    return _error_response(400, "The request cannot be read.", "invalid_input")


async def _answer_http_exception(error: HTTPException) -> Response:
    status = error.code or 500
    if status in (415, 422):
        status = 400
    headers = {
        name: value
        for name, value in error.get_headers()
        if name.lower() not in ("content-type", "content-length")
    }
    detail = error.description or error.name
    if isinstance(error, WebsocketMismatch):
        detail = "Only a WebSocket can be opened at /api/ws, and nowhere else."
    problems = None
    if isinstance(error, InvalidId):
        problems = [FieldProblem(field="path", detail=detail)]
    return _error_response(
        status, detail, _CODE_OF_STATUS.get(status, "http_error"), problems, headers
    )


async def _answer_bug(error: Exception) -> Response:
    log.error("request_failed", exc_info=error)
    return _error_response(500, "The server failed; the log says why.", "internal_error")


def _error_response(
    status: int,
    detail: str,
    code: str,
    problems: list[FieldProblem] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    body = ErrorResponse(
        detail=detail,
        status_code=status,
        timestamp=current_resources().clock(),
        code=code,
        request_id=_request_id(),
        errors=problems,
    )
    return Response(
        body.model_dump_json(exclude_none=True),
        status,
        # Here too, since `_finish_response` does not see the answer to a WebSocket handshake.
        headers={**(headers or {}), "X-Request-Id": str(body.request_id)},
        content_type="application/json",
    )
