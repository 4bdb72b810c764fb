# Reveille as the compiled binary, on the C library and nothing else: no shell, no Bun, no packages.
#
#   docker build -t reveille .
#   docker run -d --name reveille --env-file reveille.env -v reveille:/data -p 127.0.0.1:5357:5357 reveille
#
# With --read-only it needs --tmpfs /tmp:exec, where libSQL's native library is put before it is loaded.

FROM node:22-bookworm-slim AS build
WORKDIR /reveille
COPY package.json bun.lock ./
RUN npx --yes bun@1.4.5 install --frozen-lockfile --production
COPY tsconfig.json ./
COPY build ./build
COPY drizzle ./drizzle
COPY src ./src
RUN npx --yes bun@1.4.5 build/binary.ts && mkdir /data

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /reveille/dist/reveille /usr/local/bin/reveille
# The user nonroot. A new volume takes its owner and mode from this folder.
COPY --from=build --chown=65532:65532 --chmod=0700 /data /data
# reveille.toml is looked for here.
WORKDIR /
ENV DATA_DIR=/data HOST=0.0.0.0
VOLUME /data
EXPOSE 5357
HEALTHCHECK --interval=30s --timeout=6s --start-period=10s CMD ["/usr/local/bin/reveille", "health"]
ENTRYPOINT ["/usr/local/bin/reveille"]
