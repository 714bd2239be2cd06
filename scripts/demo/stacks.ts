/** How the company of the demo builds its own images: a base, what it needs, the program itself. */
import type { BaseName, Step } from './bases.ts';

export interface AppStep extends Step {
  /** Its layer is the same for so many releases; 1 when every release has its own. */
  readonly sameFor: number;
}

export interface Stack {
  readonly base: BaseName;
  readonly steps: (app: App) => readonly AppStep[];
  readonly config: (app: App) => Readonly<Record<string, unknown>>;
}

export interface App {
  /** Last part of the repository's name. */
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  /** Of what this program weighs beside others of its kind. */
  readonly weight: number;
}

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Steps without a layer look the same in every release. */
const note = (by: string): AppStep => ({ by, sameFor: 1 });

export const STACKS = {
  go: {
    base: 'distroless',
    steps: ({ name, weight }) => [
      note('WORKDIR /'),
      { by: `COPY /out/${name} /usr/bin/${name} # buildkit`, megabytes: 11 * weight, sameFor: 1 },
      { by: 'COPY migrations /migrations # buildkit', megabytes: 0.06, sameFor: 4 },
      note('USER 65532:65532'),
      note('EXPOSE map[8080/tcp:{} 9090/tcp:{}]'),
      note(`ENTRYPOINT ["/usr/bin/${name}"]`),
    ],
    config: ({ name }) => ({
      User: '65532:65532',
      ExposedPorts: { '8080/tcp': {}, '9090/tcp': {} },
      Env: [PATH, 'SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt', 'GOMEMLIMIT=200MiB'],
      Entrypoint: [`/usr/bin/${name}`],
      WorkingDir: '/',
    }),
  },
  node: {
    base: 'node',
    steps: ({ weight, version }) => [
      note('WORKDIR /srv/app'),
      { by: 'COPY package.json package-lock.json ./ # buildkit', megabytes: 0.2, sameFor: 3 },
      {
        by: 'RUN /bin/sh -c npm ci --omit=dev --no-audit --no-fund && npm cache clean --force # buildkit',
        megabytes: 38 * weight,
        sameFor: 3,
      },
      { by: 'COPY --chown=node:node dist ./dist # buildkit', megabytes: 4.6 * weight, sameFor: 1 },
      note('ENV NODE_ENV=production'),
      note(`ENV APP_VERSION=${version}`),
      note('USER node'),
      note('EXPOSE map[3000/tcp:{}]'),
      note(
        'HEALTHCHECK &{["CMD-SHELL" "wget -qO- http://127.0.0.1:3000/healthz || exit 1"] "30s" "3s" "0s" "0s" \'\\x03\'}',
      ),
      note('CMD ["node" "dist/server.js"]'),
    ],
    config: ({ version }) => ({
      User: 'node',
      ExposedPorts: { '3000/tcp': {} },
      Env: [PATH, 'NODE_VERSION=22.19.0', 'NODE_ENV=production', `APP_VERSION=${version}`],
      Entrypoint: ['docker-entrypoint.sh'],
      Cmd: ['node', 'dist/server.js'],
      Healthcheck: { Test: ['CMD-SHELL', 'wget -qO- http://127.0.0.1:3000/healthz || exit 1'], Interval: 30e9 },
      WorkingDir: '/srv/app',
    }),
  },
  python: {
    base: 'python',
    steps: ({ weight, name }) => [
      note('ENV PYTHONUNBUFFERED=1 UV_COMPILE_BYTECODE=1'),
      note('WORKDIR /app'),
      {
        by: 'RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends libpq5 tini && rm -rf /var/lib/apt/lists/* # buildkit',
        megabytes: 4.8,
        sameFor: 8,
      },
      { by: 'COPY pyproject.toml uv.lock ./ # buildkit', megabytes: 0.15, sameFor: 2 },
      {
        by: 'RUN /bin/sh -c uv sync --locked --no-dev --no-install-project # buildkit',
        megabytes: 64 * weight,
        sameFor: 2,
      },
      { by: 'COPY src ./src # buildkit', megabytes: 0.9 * weight, sameFor: 1 },
      note('USER 10001'),
      note('ENTRYPOINT ["tini" "--"]'),
      note(`CMD ["python" "-m" "${name.replaceAll('-', '_')}"]`),
    ],
    config: ({ name }) => ({
      User: '10001',
      Env: [PATH, 'PYTHON_VERSION=3.13.7', 'PYTHONUNBUFFERED=1', 'UV_COMPILE_BYTECODE=1'],
      Entrypoint: ['tini', '--'],
      Cmd: ['python', '-m', name.replaceAll('-', '_')],
      WorkingDir: '/app',
    }),
  },
  java: {
    base: 'java',
    steps: ({ weight, name }) => [
      note('WORKDIR /opt/app'),
      { by: 'COPY --from=build /build/dependencies/ ./ # buildkit', megabytes: 46 * weight, sameFor: 3 },
      { by: 'COPY --from=build /build/spring-boot-loader/ ./ # buildkit', megabytes: 0.4, sameFor: 6 },
      { by: 'COPY --from=build /build/application/ ./ # buildkit', megabytes: 2.8 * weight, sameFor: 1 },
      note('ENV JAVA_TOOL_OPTIONS=-XX:MaxRAMPercentage=75'),
      note('USER 1001'),
      note('EXPOSE map[8080/tcp:{}]'),
      note(`ENTRYPOINT ["java" "-jar" "/opt/app/${name}.jar"]`),
    ],
    config: ({ name }) => ({
      User: '1001',
      ExposedPorts: { '8080/tcp': {} },
      Env: [PATH, 'JAVA_HOME=/opt/java/openjdk', 'JAVA_TOOL_OPTIONS=-XX:MaxRAMPercentage=75'],
      Entrypoint: ['java', '-jar', `/opt/app/${name}.jar`],
      WorkingDir: '/opt/app',
    }),
  },
  static: {
    base: 'nginx',
    steps: ({ weight }) => [
      { by: 'COPY nginx.conf /etc/nginx/conf.d/default.conf # buildkit', megabytes: 0.002, sameFor: 6 },
      { by: 'COPY --from=build /site/dist /usr/share/nginx/html # buildkit', megabytes: 6.5 * weight, sameFor: 1 },
      note('EXPOSE map[8080/tcp:{}]'),
    ],
    config: () => ({
      ExposedPorts: { '80/tcp': {}, '8080/tcp': {} },
      Env: [PATH, 'NGINX_VERSION=1.29.1'],
      Entrypoint: ['/docker-entrypoint.sh'],
      Cmd: ['nginx', '-g', 'daemon off;'],
      StopSignal: 'SIGQUIT',
    }),
  },
  gpu: {
    base: 'cuda',
    steps: ({ weight, name }) => [
      {
        by: 'RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends python3.12 python3-pip && rm -rf /var/lib/apt/lists/* # buildkit',
        megabytes: 68,
        sameFor: 8,
      },
      { by: 'COPY requirements.txt /tmp/ # buildkit', megabytes: 0.004, sameFor: 3 },
      {
        by: 'RUN /bin/sh -c pip install --no-cache-dir --index-url https://download.pytorch.org/whl/cu129 -r /tmp/requirements.txt # buildkit',
        megabytes: 640 * weight,
        sameFor: 3,
      },
      note('WORKDIR /workspace'),
      { by: 'COPY . /workspace # buildkit', megabytes: 7.4, sameFor: 1 },
      note(`CMD ["python3" "-m" "${name}"]`),
    ],
    config: ({ name }) => ({
      Env: [PATH, 'CUDA_VERSION=12.9.1', 'NVIDIA_VISIBLE_DEVICES=all', 'NVIDIA_DRIVER_CAPABILITIES=compute,utility'],
      Cmd: ['python3', '-m', name],
      WorkingDir: '/workspace',
    }),
  },
  tools: {
    base: 'debian',
    steps: ({ weight, name }) => [
      {
        by: 'RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends bash ca-certificates curl git jq make openssh-client unzip && rm -rf /var/lib/apt/lists/* # buildkit',
        megabytes: 58 * weight,
        sameFor: 4,
      },
      { by: 'COPY --from=docker:28-cli /usr/local/bin/docker /usr/local/bin/ # buildkit', megabytes: 17.6, sameFor: 2 },
      { by: 'COPY bin/ /usr/local/bin/ # buildkit', megabytes: 0.4, sameFor: 1 },
      note(`LABEL org.opencontainers.image.title=${name}`),
      note('CMD ["bash"]'),
    ],
    config: () => ({ Env: [PATH, 'LANG=C.UTF-8'], Cmd: ['bash'], WorkingDir: '/work' }),
  },
} as const satisfies Readonly<Record<string, Stack>>;

export type StackName = keyof typeof STACKS;
