FROM python:3.13-slim

WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt \
    && useradd --create-home --uid 10001 tunping \
    && install --directory --owner tunping /home/tunping/data
COPY rules rules
COPY db db
COPY schema schema
COPY seeds seeds
COPY api api
COPY docs docs
RUN printf '#!/bin/sh\nexec python -m api.commands "$@"\n' > /usr/local/bin/tunping \
    && chmod 755 /usr/local/bin/tunping

USER tunping
ENV PYTHONPATH=/app PYTHONUNBUFFERED=1 TUNPING_HOST=0.0.0.0 TUNPING_DATA_DIR=/home/tunping/data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/ready', timeout=2)"]
CMD ["tunping", "serve"]
