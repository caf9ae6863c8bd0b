# Asterisk from Debian unstable, with the modules that dialplan/modules.conf.j2 names and no others (C4). Its
# configuration comes at run time, in a volume that `consultline asterisk config` fills. The root file system can be
# read-only.
ARG BASE=docker.io/library/debian:sid-slim
FROM ${BASE}

COPY dialplan/modules.conf.j2 /usr/share/consultline/modules.conf

# The ids are fixed: the line's image writes configuration (mode 0640) that this user reads through the group they
# share, 10000. policy-rc.d: the package must not start an Asterisk while the image is built. apt.conf: how the
# machine that builds reaches Debian's mirrors, which is no part of the image.
RUN --mount=type=secret,id=apt.conf,target=/etc/apt/apt.conf.d/99build \
    set -eu; \
    groupadd --gid 10000 asterisk; \
    useradd --uid 10002 --gid asterisk --no-create-home --home-dir /var/lib/consultline --shell /usr/sbin/nologin asterisk; \
    printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d; \
    chmod 755 /usr/sbin/policy-rc.d; \
    apt-get update; \
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends asterisk ca-certificates; \
    apt-get clean; \
    rm -rf /var/lib/apt/lists/*; \
    usermod --groups '' asterisk; \
    asterisk -V; \
    # Older ones have known security holes (ops/asterisk/version.py).
    dpkg --compare-versions "$(dpkg-query -W -f '${Version}' asterisk)" ge 1:22.10.1; \
    # One path on every processor architecture, the default of `consultline asterisk config`.
    modules=$(dirname "$(find /usr/lib -name chan_pjsip.so)"); \
    mkdir -p /usr/lib/asterisk; \
    [ "$modules" = /usr/lib/asterisk/modules ] || ln -s "$modules" /usr/lib/asterisk/modules; \
    cd "$modules"; \
    for module in *.so; do \
        grep -Eq "^(preload|load|require|preload-require) *=>? *$module\$" /usr/share/consultline/modules.conf || rm "$module"; \
    done; \
    # Debian's own configuration gives way to the line's.
    rm -rf /etc/asterisk; \
    ln -s /var/lib/consultline/etc /etc/asterisk; \
    cd /var/lib; \
    mkdir consultline consultline/etc consultline/lib consultline/log consultline/run consultline/spool; \
    chown 10001:10000 consultline/etc; \
    chown 10002:10000 consultline/lib consultline/log consultline/run consultline/spool; \
    chmod 750 consultline/*; \
    # The listener reads the rows here and deletes what it has read, through the group.
    install -d -o 10002 -g 10000 -m 2770 consultline/log/cel-custom; \
    # Warnings and errors go to the container's own log.
    ln -s /dev/stdout consultline/log/messages; \
    # Nothing here needs to become another user.
    find / -xdev -type f -perm /6000 -exec chmod a-s {} +

COPY dialplan/sounds /var/lib/consultline/sounds

USER 10002:10000
EXPOSE 5060/udp
HEALTHCHECK --interval=10s --timeout=10s --start-period=30s --retries=3 CMD ["asterisk", "-rx", "core waitfullybooted"]
CMD ["asterisk", "-f"]
