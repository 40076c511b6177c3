# One image for web, worker and beat; docker-compose.yml says which of them a container is.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app

COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt

COPY manage.py .
COPY config config
COPY tracker tracker
COPY measures measures

# Static files are collected into the image; the addresses are only there to let the settings load.
RUN useradd --system --home-dir /app lancaster \
    && DATABASE_URL=postgresql://nowhere/none REDIS_URL=redis://nowhere SECRET_KEY=of-the-build-alone \
       python manage.py collectstatic --noinput --verbosity 0 \
    && chown -R lancaster var
USER lancaster

EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind=0.0.0.0:8000", "--workers=2", "--threads=4", \
     "--no-control-socket", "--access-logfile=-"]
