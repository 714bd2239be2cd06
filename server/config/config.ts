/**
 * Everything that can be configured, described once: the types, the defaults, the checks and the reference page
 * (`docs/configuration.md`) come from this schema. Keys are snake_case, as people write them in the file.
 */
import { z } from 'zod';
import { basePath, baseUrl, cronSchedule, duration, hostName, proxyAddress, registryUrl } from './values.ts';

const port = z.coerce.number().int().min(0).max(65535);

export const configSchema = z.strictObject({
  registry: z
    .strictObject({
      url: registryUrl
        .nullable()
        .default(null)
        .describe(
          'Base URL of the registry, with or without /v2. Empty: managed mode, Registry Web starts its own registry.',
        ),
      name: z
        .string()
        .max(255)
        .default('')
        .describe(
          "What people type before the repository; also the token's audience, unless auth.service says otherwise. Default: host and port of registry.url; in managed mode localhost:PORT.",
        ),
      public_name: z
        .string()
        .min(1)
        .nullable()
        .default(null)
        .describe('What copy commands show, where it differs from name.'),
      port: port.default(5000).describe('Managed mode: port of the registry.'),
      host: z.string().default('').describe('Managed mode: address the registry listens on. Empty: as server.host.'),
      binary: z
        .string()
        .nullable()
        .default(null)
        .describe('Managed mode: path of the registry binary. Empty: sought on the PATH.')
        .meta({ file: true }),
      ca: z
        .string()
        .nullable()
        .default(null)
        .describe("PEM file with the CA of the registry's certificate.")
        .meta({ file: true }),
      trust_any_ssl: z
        .boolean()
        .default(false)
        .describe('Accept any certificate of the registry. Unsafe: use ca instead.'),
      basic_auth: z
        .string()
        .nullable()
        .default(null)
        .describe('base64 of user:password, sent to a registry that asks for Basic.')
        .meta({ secret: true }),
      username: z.string().nullable().default(null).describe('User for a registry that asks for Basic.'),
      password: z.string().nullable().default(null).describe('Its password.').meta({ secret: true }),
      setup: z
        .strictObject({
          folder: z
            .string()
            .nullable()
            .default(null)
            .describe('Folder for config.yml and the certificate, written for a registry that waits for them.')
            .meta({ file: true }),
          own_url: baseUrl
            .default('http://registry-web:8080')
            .describe('Address of Registry Web for the notifications of that registry.'),
        })
        .prefault({}),
      storage: z
        .strictObject({
          path: z
            .string()
            .min(1)
            .nullable()
            .default(null)
            .describe(
              'Root directory of the file system storage of the registry, where it lies on this machine or is mounted; read-only is enough. The first index is then read from it, many times faster, untagged manifests included. Managed mode knows it.',
            )
            .meta({ file: true }),
        })
        .prefault({}),
      context_path: basePath.nullable().default(null).describe('Old name of server.base_path.'),
      readonly: z
        .boolean()
        .nullable()
        .default(null)
        .describe(
          'true: no deletion through Registry Web, and no token with delete. Default: false with auth, true without.',
        ),
      auth: z
        .strictObject({
          enabled: z.boolean().default(true).describe('false: pages are open to everybody and no tokens are issued.'),
          key: z
            .string()
            .nullable()
            .default(null)
            .describe('PEM private key that signs tokens. Empty: created.')
            .meta({ file: true }),
          cert: z
            .string()
            .nullable()
            .default(null)
            .describe("PEM certificate of the key; equals the registry's auth.token.rootcertbundle.")
            .meta({ file: true }),
          issuer: z.string().min(1).default('registry-web').describe("Equals the registry's auth.token.issuer."),
          service: z
            .string()
            .min(1)
            .nullable()
            .default(null)
            .describe("Equals the registry's auth.token.service. Empty: registry.name."),
          lifetime: duration
            .refine((seconds) => seconds >= 60, 'must be at least 60s: clients ignore anything below')
            .default(900)
            .describe('How long a token is valid.'),
          token_header: z
            .enum(['auto', 'x5c', 'kid-rfc7638', 'kid-libtrust'])
            .default('auto')
            .describe('How a token names its key. auto: found by trying the registry.'),
          refresh_tokens: z.boolean().default(false).describe('Hand out refresh tokens to clients that ask for them.'),
        })
        .prefault({}),
    })
    .prefault({}),
  server: z
    .strictObject({
      host: z
        .string()
        .nullable()
        .default(null)
        .describe('Address to listen on. Default: 127.0.0.1, in a container 0.0.0.0.'),
      port: port.default(8090).describe('Port to listen on.'),
      base_path: basePath
        .default('')
        .describe('URL prefix when a proxy serves Registry Web under a sub-path, such as /registry.'),
      public_url: baseUrl
        .nullable()
        .default(null)
        .describe('Public address of Registry Web, e.g. https://registry.example.com. Default: http://localhost:PORT.'),
      hosts: z
        .array(hostName)
        .default([])
        .describe('Further names of this server, where a browser on this machine or a proxy on it uses them.'),
      trusted_proxies: z
        .array(proxyAddress)
        .default([])
        .describe(
          'Addresses or CIDR blocks of proxies whose X-Forwarded-* headers count, and who may hold any number of connections.',
        ),
      tls: z
        .strictObject({
          cert: z
            .string()
            .nullable()
            .default(null)
            .describe('PEM certificate chain: serve https ourselves.')
            .meta({ file: true }),
          key: z
            .string()
            .nullable()
            .default(null)
            .describe('PEM private key of that certificate.')
            .meta({ file: true }),
        })
        .prefault({}),
    })
    .prefault({}),
  data: z
    .strictObject({
      path: z
        .string()
        .min(1)
        .default('../data')
        .describe('Folder for the database and all created files.')
        .meta({ file: true }),
    })
    .prefault({}),
  notifications: z
    .strictObject({
      secret: z
        .string()
        .min(16, 'must have at least 16 characters')
        .nullable()
        .default(null)
        .describe(
          'Value the registry sends in the Authorization header of its notifications (with or without "Bearer ").',
        )
        .meta({ secret: true }),
    })
    .prefault({}),
  trash: z
    .strictObject({
      keep: duration.default(30 * 24 * 3600).describe('How long deleted images can be restored, for example 30d.'),
    })
    .prefault({}),
  catalog: z
    .strictObject({
      crawl_schedule: cronSchedule
        .default('0 3 * * *')
        .describe(
          'When the lists of repositories and tags are read again (every tag, where no events arrive), as a cron expression (in quotes when it begins with *) in the time zone of TZ; off: only at start and after gaps.',
        ),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Least level that is logged.'),
    })
    .prefault({}),
  admin: z
    .strictObject({
      password: z
        .string()
        .min(1)
        .nullable()
        .default(null)
        .describe('Password of admin when the account is created; later it changes nothing.')
        .meta({ secret: true }),
    })
    .prefault({}),
});

type DeepReadonly<T> = T extends (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/** The settings as given, with the defaults that do not depend on other settings. */
export type GivenConfig = DeepReadonly<z.infer<typeof configSchema>>;

/** The resolved settings: every default filled in, paths absolute, secrets read from their files. `null` means off. */
export interface Config extends Omit<GivenConfig, 'registry' | 'server'> {
  readonly registry: ResolvedRegistry;
  readonly server: GivenConfig['server'] & { readonly host: string };
}

type OldOrJoined = 'context_path' | 'username' | 'password';

interface ResolvedRegistry extends Omit<GivenConfig['registry'], OldOrJoined> {
  readonly readonly: boolean;
  readonly public_name: string;
  readonly auth: GivenConfig['registry']['auth'] & { readonly service: string };
}
