# The service. Every RUN step is a command of ./do, so that a machine and an image are set up in the same way.
FROM python:3.11-slim

# Copied as its user: what set-up writes belongs to who runs it, and no step needs root.
WORKDIR /srv/leerspoor
COPY --chown=10001:10001 . /srv/leerspoor
USER 10001:10001
ENV HOME=/srv/leerspoor

RUN ./do setup

# Keys, the vault and, on SQLite, the ledger. Losing it loses them: back it up.
VOLUME /srv/leerspoor/data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD [".venv/bin/python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/v1/health', timeout=4)"]
CMD ["./do", "serve", "--host", "0.0.0.0", "--port", "8000"]
