# One image for every process of a deployment; the command says which: api, worker, sweep or migrate.
# The stage `gpu` is the same with CUDA libraries, for workers that have a graphics card.

FROM python:3.12.11-slim-bookworm AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/mien
COPY requirements.lock /tmp/
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/mien/bin/pip install --no-deps --require-hashes --only-binary :all: -r /tmp/requirements.lock

FROM packages AS packages-gpu
COPY requirements-gpu.lock /tmp/
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/mien/bin/pip uninstall --yes tensorflow-cpu && \
    /opt/mien/bin/pip install --no-deps --require-hashes --only-binary :all: -r /tmp/requirements-gpu.lock

FROM python:3.12.11-slim-bookworm AS base
RUN useradd --system --uid 10001 --home-dir /tmp --shell /usr/sbin/nologin mien && \
    install --directory --owner mien --mode 0700 /var/lib/mien
ENV PATH=/opt/mien/bin:$PATH PYTHONPATH=/srv/mien PYTHONSAFEPATH=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /srv/mien
COPY api api
COPY cli cli
COPY client/src client/src
COPY migrations migrations
COPY shared shared
COPY worker worker
USER 10001
VOLUME /var/lib/mien
ENTRYPOINT ["python", "-m", "cli"]
CMD ["--help"]

FROM base AS gpu
COPY --from=packages-gpu /opt/mien /opt/mien

FROM base AS cpu
COPY --from=packages /opt/mien /opt/mien
