# The server, and the `fynix` command with it. Settings come from the environment; see
# config/fynix.env.example. No secret is ever built in.
FROM python:3.11-slim-bookworm AS build
WORKDIR /build
COPY config/constraints.txt ./
COPY pyproject.toml README.md LICENSE ./
COPY fynix_server fynix_server
COPY fynix_cli fynix_cli
RUN pip install --no-cache-dir --no-compile --prefix /install -c constraints.txt .

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /data --create-home fynix
COPY --from=build /install /usr/local
ENV FYNIX_ENV=production \
    FYNIX_HOST=0.0.0.0 \
    FYNIX_PORT=8000 \
    FYNIX_DATA_DIR=/data \
    PYTHONDONTWRITEBYTECODE=1
USER fynix
WORKDIR /data
EXPOSE 8000
# urlopen raises on the 503 of an instance that is unready.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["fynix"]
CMD ["serve"]
