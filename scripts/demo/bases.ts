/** Steps of well-known base images, as `docker history` prints them. */

export interface Step {
  readonly by: string;
  /** What its layer weighs; none for steps that only change the configuration. */
  readonly megabytes?: number;
}

export interface Base {
  /** As after FROM. */
  readonly name: string;
  /** How long before the release it was built. */
  readonly daysOlder: number;
  readonly steps: (arch: string) => readonly Step[];
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const KERNEL_ARCH: Readonly<Record<string, string>> = { amd64: 'x86_64', arm64: 'aarch64', arm: 'armv7' };

function debian(arch: string): readonly Step[] {
  return [{ by: `# debian.sh --arch '${arch}' out/ 'bookworm' '@1749513600'`, megabytes: 27.9 }];
}

function alpine(arch: string): readonly Step[] {
  const kernel = KERNEL_ARCH[arch] ?? arch;
  return [
    { by: `ADD alpine-minirootfs-3.22.1-${kernel}.tar.gz / # buildkit`, megabytes: 3.6 },
    { by: 'CMD ["/bin/sh"]' },
  ];
}

export const BASES = {
  scratch: { name: 'scratch', daysOlder: 0, steps: () => [] },
  alpine: { name: 'alpine:3.22', daysOlder: 20, steps: alpine },
  debian: { name: 'debian:bookworm-slim', daysOlder: 24, steps: debian },
  distroless: {
    name: 'gcr.io/distroless/static-debian12:nonroot',
    daysOlder: 15,
    steps: () => [
      { by: 'bazel build //static:static_nonroot_base_files', megabytes: 0.1 },
      { by: 'bazel build @bookworm//tzdata', megabytes: 0.5 },
      { by: 'bazel build @bookworm//ca-certificates', megabytes: 0.3 },
      { by: 'USER 65532' },
    ],
  },
  node: {
    name: 'node:22-bookworm-slim',
    daysOlder: 18,
    steps: (arch) => [
      ...debian(arch),
      {
        by: 'RUN /bin/sh -c groupadd --gid 1000 node   && useradd --uid 1000 --gid node --shell /bin/bash --create-home node # buildkit',
        megabytes: 0.004,
      },
      { by: 'ENV NODE_VERSION=22.19.0' },
      {
        by: `RUN /bin/sh -c ARCH='${arch === 'amd64' ? 'x64' : arch}' && set -ex && apt-get update && apt-get install -y ca-certificates curl gnupg dirmngr xz-utils --no-install-recommends && rm -rf /var/lib/apt/lists/* && curl -fsSLO --compressed "https://nodejs.org/dist/v$NODE_VERSION/node-v$NODE_VERSION-linux-$ARCH.tar.xz" && tar -xJf "node-v$NODE_VERSION-linux-$ARCH.tar.xz" -C /usr/local --strip-components=1 --no-same-owner # buildkit`,
        megabytes: 49.2,
      },
      { by: 'ENV YARN_VERSION=1.22.22' },
      { by: 'COPY docker-entrypoint.sh /usr/local/bin/ # buildkit', megabytes: 0.002 },
      { by: 'ENTRYPOINT ["docker-entrypoint.sh"]' },
      { by: 'CMD ["node"]' },
    ],
  },
  python: {
    name: 'python:3.13-slim-bookworm',
    daysOlder: 12,
    steps: (arch) => [
      ...debian(arch),
      { by: `ENV PATH=/usr/local/bin:${PATH}` },
      {
        by: 'RUN /bin/sh -c set -eux;  apt-get update;  apt-get install -y --no-install-recommends   ca-certificates   netbase   tzdata  ;  rm -rf /var/lib/apt/lists/* # buildkit',
        megabytes: 3.5,
      },
      { by: 'ENV PYTHON_VERSION=3.13.7' },
      {
        by: 'RUN /bin/sh -c set -eux;   savedAptMark="$(apt-mark showmanual)";  apt-get update;  apt-get install -y --no-install-recommends   dpkg-dev   gcc   libc6-dev   libssl-dev   wget   xz-utils   zlib1g-dev  ;   wget -O python.tar.xz "https://www.python.org/ftp/python/$PYTHON_VERSION/Python-$PYTHON_VERSION.tar.xz";  make -j "$(nproc)";  make install # buildkit',
        megabytes: 12.6,
      },
      {
        by: 'RUN /bin/sh -c set -eux;  for src in idle3 pip3 pydoc3 python3 python3-config; do   dst="$(echo "$src" | tr -d 3)";   ln -svT "$src" "/usr/local/bin/$dst";  done # buildkit',
        megabytes: 0.003,
      },
      { by: 'CMD ["python3"]' },
    ],
  },
  java: {
    name: 'eclipse-temurin:21-jre-alpine',
    daysOlder: 21,
    steps: (arch) => [
      ...alpine(arch),
      { by: 'ENV JAVA_HOME=/opt/java/openjdk' },
      { by: `ENV PATH=/opt/java/openjdk/bin:${PATH}` },
      {
        by: 'RUN /bin/sh -c set -eux;     apk add --no-cache         fontconfig ttf-dejavu         musl-locales musl-locales-lang         tzdata         coreutils         openssl     ; # buildkit',
        megabytes: 16.4,
      },
      { by: 'ENV JAVA_VERSION=jdk-21.0.8+9' },
      {
        by: 'RUN /bin/sh -c set -eux;     ARCH="$(apk --print-arch)";     wget --progress=dot:giga -O /tmp/openjdk.tar.gz $BINARY_URL;     mkdir -p "$JAVA_HOME";     tar --extract --file /tmp/openjdk.tar.gz --directory "$JAVA_HOME" --strip-components 1 --no-same-owner # buildkit',
        megabytes: 52.9,
      },
      { by: 'COPY --chmod=755 entrypoint.sh /__cacert_entrypoint.sh # buildkit', megabytes: 0.002 },
      { by: 'ENTRYPOINT ["/__cacert_entrypoint.sh"]' },
    ],
  },
  nginx: {
    name: 'nginx:1.29-alpine',
    daysOlder: 9,
    steps: (arch) => [
      ...alpine(arch),
      { by: 'LABEL maintainer=NGINX Docker Maintainers <docker-maint@nginx.com>' },
      { by: 'ENV NGINX_VERSION=1.29.1' },
      {
        by: 'RUN /bin/sh -c set -x     && addgroup -g 101 -S nginx     && adduser -S -D -H -u 101 -h /var/cache/nginx -s /sbin/nologin -G nginx -g nginx nginx     && apk add -X "https://nginx.org/packages/mainline/alpine/v3.22/main" --no-cache $nginxPackages # buildkit',
        megabytes: 1.7,
      },
      { by: 'COPY docker-entrypoint.sh / # buildkit', megabytes: 0.002 },
      { by: 'COPY 20-envsubst-on-templates.sh /docker-entrypoint.d # buildkit', megabytes: 0.003 },
      { by: 'ENTRYPOINT ["/docker-entrypoint.sh"]' },
      { by: 'EXPOSE map[80/tcp:{}]' },
      { by: 'STOPSIGNAL SIGQUIT' },
      {
        by: 'RUN /bin/sh -c apk add --no-cache -X "https://nginx.org/packages/mainline/alpine/v3.22/main" $nginxPackages && curl -o /dev/null https://nginx.org/keys/nginx_signing.rsa.pub # buildkit',
        megabytes: 15.3,
      },
      { by: 'CMD ["nginx" "-g" "daemon off;"]' },
    ],
  },
  cuda: {
    name: 'nvidia/cuda:12.9.1-cudnn-runtime-ubuntu24.04',
    daysOlder: 40,
    steps: (arch) => [
      { by: 'ARG RELEASE' },
      { by: `ADD file:0e1b4dcd8d26eaf62b3c in / # ubuntu 24.04 ${arch}`, megabytes: 28.4 },
      { by: 'ENV CUDA_VERSION=12.9.1' },
      {
        by: 'RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends gnupg2 curl ca-certificates && apt-get install -y cuda-cudart-12-9=$NV_CUDA_CUDART_VERSION cuda-compat-12-9 # buildkit',
        megabytes: 86,
      },
      { by: 'ENV NVIDIA_VISIBLE_DEVICES=all' },
      {
        by: 'RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends cuda-libraries-12-9=$NV_CUDA_LIB_VERSION libnpp-12-9 libcublas-12-9 libnccl2 # buildkit',
        megabytes: 612,
      },
      {
        by: 'RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends libcudnn9-cuda-12=$NV_CUDNN_VERSION && apt-mark hold libcudnn9-cuda-12 # buildkit',
        megabytes: 431,
      },
    ],
  },
} as const satisfies Readonly<Record<string, Base>>;

export type BaseName = keyof typeof BASES;
