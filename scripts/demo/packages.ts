/** What is inside the images, as scanners would find it. */
import type { BaseName } from './bases.ts';
import type { StackName } from './stacks.ts';

export interface Package {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly purl: string;
}

const line = (type: string, text: string): Package => {
  const [name = '', version = '', license = ''] = text.split(' ');
  return { name, version, license, purl: `pkg:${type}/${name}@${version}` };
};

const DEBIAN = [
  'base-files 12.4+deb12u11 GPL-2.0-or-later',
  'ca-certificates 20230311+deb12u1 MPL-2.0',
  'libc6 2.36-9+deb12u10 LGPL-2.1-or-later',
  'libgcc-s1 12.2.0-14+deb12u1 GPL-3.0-or-later',
  'libssl3 3.0.17-1~deb12u2 Apache-2.0',
  'libstdc++6 12.2.0-14+deb12u1 GPL-3.0-or-later',
  'netbase 6.4 GPL-2.0-only',
  'tzdata 2025b-0+deb12u1 LicenseRef-public-domain',
  'zlib1g 1.2.13.dfsg-1 Zlib',
].map((text) => line('deb/debian', text));

const ALPINE = [
  'alpine-baselayout 3.7.0-r0 GPL-2.0-only',
  'apk-tools 2.14.9-r2 GPL-2.0-only',
  'busybox 1.37.0-r18 GPL-2.0-only',
  'ca-certificates-bundle 20250619-r0 MPL-2.0',
  'libcrypto3 3.5.1-r0 Apache-2.0',
  'libssl3 3.5.1-r0 Apache-2.0',
  'musl 1.2.5-r10 MIT',
  'ssl_client 1.37.0-r18 GPL-2.0-only',
  'zlib 1.3.1-r2 Zlib',
].map((text) => line('apk/alpine', text));

const GO = [
  'github.com/go-chi/chi/v5 v5.2.3 MIT',
  'github.com/golang-jwt/jwt/v5 v5.3.0 MIT',
  'github.com/jackc/pgx/v5 v5.7.5 MIT',
  'github.com/prometheus/client_golang v1.23.0 Apache-2.0',
  'github.com/redis/go-redis/v9 v9.12.1 BSD-2-Clause',
  'go.opentelemetry.io/otel v1.37.0 Apache-2.0',
  'golang.org/x/crypto v0.41.0 BSD-3-Clause',
  'golang.org/x/net v0.43.0 BSD-3-Clause',
  'golang.org/x/sync v0.16.0 BSD-3-Clause',
  'google.golang.org/grpc v1.75.0 Apache-2.0',
  'google.golang.org/protobuf v1.36.8 BSD-3-Clause',
  'gopkg.in/yaml.v3 v3.0.1 MIT',
  'stdlib go1.25.0 BSD-3-Clause',
].map((text) => line('golang', text));

const NPM = [
  'accepts 2.0.0 MIT',
  'body-parser 2.2.0 MIT',
  'cookie 0.7.2 MIT',
  'debug 4.4.1 MIT',
  'express 5.1.0 MIT',
  'fast-json-stringify 6.0.1 MIT',
  'ioredis 5.7.0 MIT',
  'knex 3.1.0 MIT',
  'pg 8.16.3 MIT',
  'pino 9.9.0 MIT',
  'react 19.1.1 MIT',
  'react-dom 19.1.1 MIT',
  'undici 7.15.0 MIT',
  'uuid 11.1.0 MIT',
  'zod 4.1.5 MIT',
].map((text) => line('npm', text));

const PYPI = [
  'aiohttp 3.12.15 Apache-2.0',
  'boto3 1.40.21 Apache-2.0',
  'fastapi 0.116.1 MIT',
  'numpy 2.3.2 BSD-3-Clause',
  'pandas 2.3.2 BSD-3-Clause',
  'psycopg 3.2.9 LGPL-3.0-only',
  'pyarrow 21.0.0 Apache-2.0',
  'pydantic 2.11.7 MIT',
  'requests 2.32.5 Apache-2.0',
  'scikit-learn 1.7.1 BSD-3-Clause',
  'sqlalchemy 2.0.43 MIT',
  'uvicorn 0.35.0 BSD-3-Clause',
].map((text) => line('pypi', text));

const MAVEN = [
  'com.fasterxml.jackson.core/jackson-databind 2.19.2 Apache-2.0',
  'com.zaxxer/HikariCP 6.3.2 Apache-2.0',
  'io.micrometer/micrometer-core 1.15.3 Apache-2.0',
  'io.netty/netty-handler 4.2.4.Final Apache-2.0',
  'org.flywaydb/flyway-core 11.11.2 Apache-2.0',
  'org.hibernate.orm/hibernate-core 7.1.0.Final LGPL-2.1-or-later',
  'org.postgresql/postgresql 42.7.7 BSD-2-Clause',
  'org.slf4j/slf4j-api 2.0.17 MIT',
  'org.springframework.boot/spring-boot 3.5.5 Apache-2.0',
  'org.springframework/spring-core 6.2.10 Apache-2.0',
].map((text) => line('maven', text));

const OF_BASE: Partial<Record<BaseName, readonly Package[]>> = {
  alpine: ALPINE,
  nginx: ALPINE,
  java: ALPINE,
  scratch: [],
};
const OF_STACK: Partial<Record<StackName, readonly Package[]>> = { go: GO, node: NPM, python: PYPI, java: MAVEN };

export function packagesOf(stack: StackName | undefined, base: BaseName): readonly Package[] {
  const own = stack === undefined ? [] : (OF_STACK[stack] ?? []);
  return [...(OF_BASE[base] ?? DEBIAN), ...own];
}
