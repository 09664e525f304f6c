"""The REST endpoints of accounts: /api/auth, /api/users and the tickets of /api/ws."""

from uuid import UUID

from quart import Blueprint, Response, request
from quart_schema import document_response, validate_querystring

from fynix_server.accounts import service, sessions
from fynix_server.auth import (
    TICKET_SECONDS,
    Principal,
    authenticated,
    issue_ticket,
    limit,
    limited_by_address,
)
from fynix_server.http import accepts, current_resources, json_response, no_content
from fynix_server.protocol.accounts import (
    LoginRequest,
    OwnUserResponse,
    RefreshRequest,
    RegisterRequest,
    SessionListResponse,
    TicketResponse,
    TokenResponse,
    UserListQuery,
    UserListResponse,
    UserResponse,
    UserUpdate,
)
from fynix_server.rate_limit import login_key

blueprint = Blueprint("accounts", __name__, url_prefix="/api")


@blueprint.post("/auth/register")
@limited_by_address("login")
@accepts(RegisterRequest)
@document_response(TokenResponse, 201)
async def register(data: RegisterRequest) -> Response:
    """Make an account and log in to it. 201, or 400, 403, 409, 429, 503."""
    tokens = await service.register(current_resources(), data, request.headers.get("User-Agent"))
    return json_response(tokens, 201)


@blueprint.post("/auth/login")
@limited_by_address("login")
@accepts(LoginRequest)
@document_response(TokenResponse)
async def log_in(data: LoginRequest) -> Response:
    """Begin a session. 200, or 400, 401, 403, 429, 503."""
    username = sessions.folded_username(data.username)
    if username is not None:
        # By name too: a password must not be guessed from many addresses at once.
        await limit("login", login_key(username))
    tokens = await sessions.log_in(current_resources(), data, request.headers.get("User-Agent"))
    return json_response(tokens)


# Nobody guesses a refresh token, so this is not as scarce as a login: many share an address.
@blueprint.post("/auth/refresh")
@limited_by_address("api")
@accepts(RefreshRequest)
@document_response(TokenResponse)
async def refresh(data: RefreshRequest) -> Response:
    """Swap a refresh token for new tokens; a used one ends the session.

    200, or 400, 401, 403, 429.
    """
    return json_response(await sessions.refresh(current_resources(), data.refresh_token))


@blueprint.post("/auth/logout")
@authenticated()
async def log_out(principal: Principal) -> Response:
    """End the session that asks; its sockets are closed with 4014. 204, or 401, 429."""
    await sessions.log_out(current_resources(), principal)
    return no_content()


@blueprint.get("/auth/sessions")
@authenticated()
@document_response(SessionListResponse)
async def list_sessions(principal: Principal) -> Response:
    """One's own sessions that still hold, the latest used first. 200, or 401, 429."""
    return json_response(await sessions.list_sessions(current_resources(), principal))


@blueprint.delete("/auth/sessions")
@authenticated()
async def revoke_other_sessions(principal: Principal) -> Response:
    """End all of one's own sessions but the one that asks. 204, or 401, 429."""
    await sessions.revoke_other_sessions(current_resources(), principal)
    return no_content()


@blueprint.delete("/auth/sessions/<id:session_id>")
@authenticated()
async def revoke_session(principal: Principal, session_id: UUID) -> Response:
    """End one of one's own sessions, and close its sockets with 4014.

    204, or 400, 401, 404, 429.
    """
    await sessions.revoke_session(current_resources(), principal, session_id)
    return no_content()


@blueprint.get("/users")
@authenticated()
@validate_querystring(UserListQuery)
@document_response(UserListResponse)
async def list_users(principal: Principal, query_args: UserListQuery) -> Response:
    """People whose username begins with `q`, by username. 200, or 400, 401, 429."""
    return json_response(await service.list_users(current_resources(), query_args))


@blueprint.get("/users/me")
@authenticated()
@document_response(OwnUserResponse)
async def own_user(principal: Principal) -> Response:
    """Oneself. 200, or 401, 429."""
    return json_response(await service.own_user(current_resources(), principal))


@blueprint.patch("/users/me")
@authenticated()
@accepts(UserUpdate)
@document_response(OwnUserResponse)
async def update_own_user(principal: Principal, data: UserUpdate) -> Response:
    """Change one's display name or picture. 200, or 400, 401, 429."""
    return json_response(await service.update_own_user(current_resources(), principal, data))


@blueprint.get("/users/<id:user_id>")
@authenticated()
@document_response(UserResponse)
async def user_by_id(principal: Principal, user_id: UUID) -> Response:
    """A person. 200, or 400, 401, 404, 429."""
    return json_response(await service.user_by_id(current_resources(), user_id))


@blueprint.post("/ws/ticket")
@authenticated()
@document_response(TicketResponse, 201)
async def make_ticket(principal: Principal) -> Response:
    """A key that opens one WebSocket within 30 s. 201, or 401, 429, 503."""
    ticket = await issue_ticket(current_resources(), principal)
    return json_response(TicketResponse(ticket=ticket, expires_in=TICKET_SECONDS), 201)
