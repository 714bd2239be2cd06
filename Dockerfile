# One image that is everything: Registry Web, and a registry inside for when no other is configured.
#   docker build -t registry-web .
# Where images, packages or npm come from elsewhere:
#   --build-arg NODE_IMAGE=… --build-arg REGISTRY_IMAGE=… --build-arg NPM_REGISTRY=https://… --build-arg DEBIAN_MIRROR=http://…/debian
ARG NODE_IMAGE=node:24-bookworm-slim
ARG REGISTRY_IMAGE=registry:3

FROM ${REGISTRY_IMAGE} AS registry

FROM ${NODE_IMAGE} AS build
ARG NPM_REGISTRY=
ARG DEBIAN_MIRROR=
WORKDIR /app
RUN if [ -n "$DEBIAN_MIRROR" ]; then \
      rm -f /etc/apt/sources.list.d/*; \
      echo "deb $DEBIAN_MIRROR bookworm main" > /etc/apt/sources.list; \
    fi; \
    apt-get update -qq && apt-get install -y -qq --no-install-recommends python3 make g++ && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json ./
RUN if [ -n "$NPM_REGISTRY" ]; then npm config set registry "$NPM_REGISTRY"; fi; \
    npm ci --no-audit --no-fund && npm cache clean --force
COPY . .
# The bundle holds everything but the runtime packages; their sources and build leftovers are of no use at run time.
RUN node scripts/build.mjs && node scripts/runtime-packages.mjs /image/app && mkdir /image/app/scripts /image/app/docs && \
    cp -r dist views locales package.json LICENSE /image/app/ && cp scripts/admin.mjs /image/app/scripts/ && \
    cp docs/troubleshooting*.md /image/app/docs/ && \
    cp -r conf /image/conf && chmod -R a+rX /image

FROM ${NODE_IMAGE}
# A named volume takes over the owner of the folder it is mounted on.
RUN mkdir -p /data /registry-conf && chown 1000:1000 /data /registry-conf && chmod 755 /registry-conf
LABEL org.opencontainers.image.title="Registry Web" \
      org.opencontainers.image.description="Web UI, token server and event receiver for the stock Docker/OCI registry" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production \
    REGISTRY_WEB_CONTAINER=1 \
    CONFIG_PATH=/conf/config.yml \
    DATA_PATH=/data \
    SERVER_PORT=8080
VOLUME ["/data"]
EXPOSE 8080
# Started as root it only takes over the data folder and the operator's keys, then becomes user 1000 before it listens.
# `user: 1000:1000` (compose) or runAsUser (Kubernetes) skip that where the files are ready.
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=5 CMD ["node", "/app/dist/health.js"]
CMD ["node", "/app/dist/main.js"]
WORKDIR /app
# Copied files are root's, whoever the user is. What changes with every version comes last.
COPY --from=registry /bin/registry /usr/local/bin/registry
COPY --from=build /image /
