FROM scratch AS ambassador
COPY --from=root / /
USER 1080:1080
EXPOSE 1080 9901
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=2s CMD ["/ambassador", "healthcheck"]
ENTRYPOINT ["/ambassador"]
