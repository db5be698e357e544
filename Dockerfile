# maskseg in a container: docs/container.md says how to build and use it.

# Builds the wheel and the environment; what builds them stays in this stage.
FROM debian:bookworm-slim AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY weights weights
COPY maskseg_cli maskseg_cli
COPY maskseg maskseg
RUN python3 -m venv /opt/build \
    && /opt/build/bin/pip wheel --no-cache-dir --no-deps --wheel-dir /wheels . \
    && python3 -m venv --without-pip /opt/maskseg \
    && /opt/build/bin/pip --python /opt/maskseg/bin/python install --no-cache-dir /wheels/*.whl

FROM debian:bookworm-slim
# The same Python as above, which the environment's links lead to, and two libraries that OpenCV loads.
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 1000 --no-create-home --home-dir /tmp maskseg \
    && install -d -m 1777 /cache /work
COPY --from=build /opt/maskseg /opt/maskseg
# Any --user may write the cache, and has a home that it may write.
ENV PATH=/opt/maskseg/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/tmp \
    LANG=C.UTF-8 \
    MASKSEG_HOME=/cache
VOLUME /cache
WORKDIR /work
USER maskseg
ENTRYPOINT ["maskseg"]
CMD ["--help"]
