# The image, from Debian's packages and this directory; `./dev image` says how it is built here, and so does
#   docker build -t ambassador:0.1.0 .
#   docker build -t ambassador-redirect:0.1.0 --target redirect .     for the init container of the transparent mode
#   docker build -t ambassador:0.1.0 --platform linux/arm64 .         cross-compiled, not emulated
#
# Its libraries are linked in from Debian's archives where there are any (cmake/static.cmake): 14.8 MB in all, where all of
# them shared made 17.4 MB (./dev image prints the size). What is linked in stands in /var/lib/dpkg/status.d like what is
# loaded, so that a scanner finds either.

FROM --platform=$BUILDPLATFORM debian:bookworm-slim AS tools
ARG TARGETARCH
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
COPY .ci/packages.sh /tmp/
# /var/cache/apt is kept between builds, and so not in the layer.
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    source /tmp/packages.sh && install_packages_for "$TARGETARCH" build builder

# The page's parts come here once, and later from npm's cache. Behind a proxy that opens TLS: --secret id=ca,src=ITS-CA.pem
FROM tools AS builder
COPY proxy/admin/page/package.json proxy/admin/page/package-lock.json /tmp/page/
RUN --mount=type=secret,id=ca,target=/run/secrets/ca \
    cd /tmp/page && NODE_EXTRA_CA_CERTS=/run/secrets/ca npm ci --no-audit --no-fund
ENV npm_config_offline=true

# ccache knows a file by its path and the compiler by its language: where the host shares its cache, these are the host's.
ARG SOURCE=/src
ARG LANG=C.UTF-8
ARG CCACHE_DIR=/var/cache/ccache
ARG TARGETARCH
WORKDIR $SOURCE
COPY . .
RUN --mount=type=cache,target=/var/cache/ccache \
    export CCACHE_SLOPPINESS=pch_defines,time_macros; \
    toolchain=(); \
    if [[ $TARGETARCH != "$(dpkg --print-architecture)" ]]; then toolchain=(--toolchain "cmake/linux-$TARGETARCH.cmake"); fi; \
    cmake --preset release -D AMBASSADOR_TESTS=OFF -D AMBASSADOR_STATIC=ON "${toolchain[@]}" && \
    cmake --build build/release --target ambassador --parallel "$(nproc)"
RUN .ci/image_root.sh /root/ambassador build/release/ambassador

# Its own stage, so that the first needs no nftables.
FROM builder AS redirect-builder
ARG TARGETARCH
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    source /tmp/packages.sh && install_packages_for "$TARGETARCH" redirect && \
    .ci/image_root.sh /root/redirect build/release/ambassador /usr/sbin/nft /etc/protocols

# With nft, for `ambassador redirect`. Rules are for root, and NET_ADMIN, to make.
FROM scratch AS redirect
ARG REVISION=""
LABEL org.opencontainers.image.title="ambassador-redirect" \
      org.opencontainers.image.description="Kernel rules for the ambassador's transparent mode, for an init container" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="$REVISION"
COPY --from=redirect-builder /root/redirect /
ENV PATH=/usr/sbin
USER 0:0
ENTRYPOINT ["/ambassador"]
CMD ["redirect"]

FROM scratch AS ambassador
ARG REVISION=""
LABEL org.opencontainers.image.title="ambassador" \
      org.opencontainers.image.description="Maps localhost addresses to real Services, blocks the rest, logs and counts every call" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="$REVISION"
COPY --from=builder /root/ambassador /
USER 1080:1080
EXPOSE 1080 9901
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=2s CMD ["/ambassador", "healthcheck"]
ENTRYPOINT ["/ambassador"]
