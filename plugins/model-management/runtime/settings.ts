import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { isCollectionName, SOURCE_NAME } from '../../../lib/collections';
import { EdgeName } from '../../../lib/edges/protocol/documents';
import { PublicKeyText } from '../../../lib/edges/protocol/keys';
import { ModelManagementError } from '../../../lib/errors';
import type { EngineOptions } from '../../../lib/inference/engine';
import { isTopicName } from '../../../lib/pipeline/mqtt-topic';
import { DEFAULT_IMAGE } from '../../../lib/training';

const count = z.number().int().positive();

/** `fs.readFileSync(…)` in settings.js gives bytes. */
const pem = z.union([z.string().min(1), z.instanceof(Uint8Array)]);

const secretFile = z.string().min(1).optional();

/** A secret is given itself or as a file, never as both: nobody could tell which one counts. */
const oneOf =
  (secret: string, file: string) =>
  (section: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void => {
    if (section[secret] === undefined || section[file] === undefined) return;
    context.addIssue({ code: 'custom', path: [file], message: `${secret} is given as well; keep one of the two` });
  };

/** Of collections; true = all of them. */
const collectionNames = z
  .union([z.literal(true), z.array(z.string().refine(isCollectionName, 'must be the name of a collection'))])
  .default([]);

const SettingsSchema = z.object({
  dataDir: z.string().min(1).optional(),
  allowedOrigins: z
    .array(z.url({ protocol: /^https?$/, error: 'must be an origin, such as https://plant.example' }))
    // As browsers send it: without a path, not even a slash.
    .transform((urls) => urls.map((url) => new URL(url).origin))
    .default([]),
  maxModelSizeBytes: count.default(2_147_483_648),
  engine: z
    .object({
      runtime: z.enum(['auto', 'native', 'wasm']).default('auto'),
      intraOpNumThreads: count.default(1),
      requestTimeoutMs: count.default(30_000),
      loadTimeoutMs: count.default(60_000),
      memoryLimitBytes: count.optional(),
      maxProcesses: count.default(32),
    })
    .prefault({}),
  openInference: z.object({ enabled: z.boolean().default(false) }).prefault({}),
  broker: z
    .object({
      url: z.url({
        protocol: /^(mqtts?|tcp|ssl|tls|wss?)$/,
        error: 'must be the URL of a broker, such as mqtt://host:1883',
      }),
      username: z.string().optional(),
      password: z.string().optional(),
      passwordFile: secretFile,
      ca: pem.optional(),
      cert: pem.optional(),
      key: pem.optional(),
      topicPrefix: z
        .string()
        .refine(isTopicName, 'must be the beginning of a topic, without + and #')
        .refine((prefix) => !prefix.startsWith('/') && !prefix.endsWith('/'), 'neither begins nor ends with a slash')
        .default('model-management'),
    })
    .superRefine(oneOf('password', 'passwordFile'))
    .optional(),
  role: z.enum(['hub', 'edge']).default('hub'),
  edge: z
    .object({
      name: EdgeName,
      hubId: z.string().min(1).max(64),
      hubPublicKey: PublicKeyText,
      token: z.string().optional(),
      tokenFile: secretFile,
      maxBytes: count.default(8 * 1024 ** 3),
      forward: collectionNames,
    })
    .superRefine(oneOf('token', 'tokenFile'))
    .optional(),
  edges: z.object({ bytesPerSecond: count.optional(), acceptRows: collectionNames }).prefault({}),
  docker: z.record(z.string(), z.unknown()).optional(),
  training: z
    .object({
      image: z.string().min(1).default(DEFAULT_IMAGE),
      env: z.record(z.string(), z.string()).default({}),
      caFile: z.string().min(1).optional(),
      pipIndexUrl: z.url({ protocol: /^https?$/, error: 'must be the URL of a package index' }).optional(),
      installNetwork: z.string().min(1).default('bridge'),
      maxConcurrentRuns: count.default(1),
      allowProcessRunner: z.boolean().default(false),
      retention: z.object({ maxRunsPerJob: count.optional(), maxAgeMs: count.optional() }).prefault({}),
    })
    .prefault({}),
  sources: z
    .record(
      z.string().regex(SOURCE_NAME, 'the name of a source is letters, digits, "_" and "-", and not local or edge'),
      z
        .looseObject({
          kind: z.literal('postgres', 'must be postgres'),
          passwordFile: secretFile,
          watermarkColumn: z.string().min(1).optional(),
          timeoutMs: count.max(86_400_000).optional(),
        })
        .superRefine(oneOf('password', 'passwordFile')),
    )
    .default({}),
  pipelines: z
    .object({
      resultCount: z.number().int().nonnegative().max(1_000).default(25),
      keepPayloads: z.boolean().default(true),
      adminToken: z.string().min(1).optional(),
      adminTokenFile: secretFile,
    })
    .superRefine(oneOf('adminToken', 'adminTokenFile'))
    .prefault({}),
  libraries: z
    .object({
      modules: z.array(z.string().regex(/^(?![./\\]).+/, 'must be the name of a module, not a path')).default([]),
    })
    .prefault({}),
});

/** How to reach the hub's broker. `ca`, `cert` and `key` are PEM, or paths of files that hold it. */
export interface BrokerSettings {
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** A file that holds the password, instead of `password`. */
  readonly passwordFile?: string | undefined;
  readonly ca?: string | Uint8Array | undefined;
  readonly cert?: string | Uint8Array | undefined;
  readonly key?: string | Uint8Array | undefined;
  /** All topics lie below it. */
  readonly topicPrefix: string;
}

/** What this Node-RED is an edge of; as the hub gave it. */
export interface EdgeSettings {
  readonly name: EdgeName;
  readonly hubId: string;
  readonly hubPublicKey: PublicKeyText;
  readonly token?: string | undefined;
  /** A file that holds the token, instead of `token`. */
  readonly tokenFile?: string | undefined;
  /** Files of the hub together take so much. */
  readonly maxBytes: number;
  /** Collections of this edge whose rows go to the hub as well. */
  readonly forward: true | readonly string[];
}

export interface TrainingSettings {
  /** Of new jobs. */
  readonly image: string;
  /** Variables of what has a network: proxies and the like. */
  readonly env: Readonly<Record<string, string>>;
  /** Certificates of sites behind a proxy that looks into TLS, PEM. */
  readonly caFile?: string | undefined;
  readonly pipIndexUrl?: string | undefined;
  readonly installNetwork: string;
  readonly maxConcurrentRuns: number;
  readonly allowProcessRunner: boolean;
  readonly retention: { readonly maxRunsPerJob?: number | undefined; readonly maxAgeMs?: number | undefined };
}

export interface SourceSettings {
  readonly kind: 'postgres';
  /** A file that holds the password, instead of `password`. */
  readonly passwordFile?: string | undefined;
  readonly watermarkColumn?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly [option: string]: unknown;
}

/** `settings.modelManagement`, checked, with defaults filled in and `${NAME}` expanded. */
export interface Settings {
  /** Absolute. */
  readonly dataDir: string;
  readonly allowedOrigins: readonly string[];
  readonly maxModelSizeBytes: number;
  /** What is left out is the engine's own default. */
  readonly engine: Partial<EngineOptions> & Pick<EngineOptions, 'requestTimeoutMs'>;
  /** The Open Inference Protocol beside the HTTP nodes of flows. */
  readonly openInference: { readonly enabled: boolean };
  readonly broker?: BrokerSettings;
  readonly role: 'hub' | 'edge';
  /** There for the role `edge`. */
  readonly edge?: EdgeSettings;
  readonly edges: {
    /** What all transfers to edges together may take of the broker's link. */
    readonly bytesPerSecond?: number | undefined;
    /** Collections that take rows which edges forward. */
    readonly acceptRows: true | readonly string[];
  };
  readonly docker?: Readonly<Record<string, unknown>>;
  readonly training: TrainingSettings;
  /** Databases that queries may read; all but the named fields are options of the npm package pg. */
  readonly sources: Readonly<Record<string, SourceSettings>>;
  readonly pipelines: {
    /** Last results that are kept of each. */
    readonly resultCount: number;
    /** False: of results only time, topic and state are kept. */
    readonly keepPayloads: boolean;
    /** Of Node-RED's admin API, for where its runtime API is not to be found. */
    readonly adminToken?: string | undefined;
    /** A file that holds it, instead of `adminToken`. */
    readonly adminTokenFile?: string | undefined;
  };
  /** What `require` in a library gives; looked up from the user directory. */
  readonly libraries: { readonly modules: readonly string[] };
}

/** Puts environment variables into every text below `value`; an unset one becomes nothing, as in Node-RED itself. */
function expand(value: unknown, env: NodeJS.ProcessEnv): unknown {
  if (typeof value === 'string') return value.replace(/\$\{([A-Za-z_]\w*)\}/g, (_, name: string) => env[name] ?? '');
  if (Array.isArray(value)) return value.map((item) => expand(item, env));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expand(item, env)]));
}

/**
 * Keys of parts that are not built yet are ignored, so that one settings file serves several releases.
 * @throws {ModelManagementError} `BAD_SETTINGS` naming the key
 */
export function parseSettings(raw: unknown, userDir: string, env: NodeJS.ProcessEnv = process.env): Settings {
  const parsed = SettingsSchema.safeParse(expand(raw ?? {}, env));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const key = ['modelManagement', ...(issue?.path ?? [])].join('.');
    throw new ModelManagementError(
      'BAD_SETTINGS',
      `${key}: ${issue?.message}`,
      `Mend ${key} in settings.js and restart Node-RED.`,
    );
  }
  const { dataDir, engine, broker, docker, edge, ...rest } = parsed.data;
  if (rest.role === 'edge' && !(edge && broker)) throw incompleteEdge(edge ? 'broker' : 'edge');
  const { memoryLimitBytes, ...engineRest } = engine;
  const path = dataDir ?? 'model-management';
  return {
    ...rest,
    dataDir: isAbsolute(path) ? path : resolve(join(userDir, path)),
    engine: memoryLimitBytes === undefined ? engineRest : { ...engineRest, memoryLimitBytes },
    ...(broker ? { broker } : {}),
    ...(edge ? { edge } : {}),
    ...(docker ? { docker } : {}),
  };
}

const incompleteEdge = (key: 'edge' | 'broker'): ModelManagementError =>
  new ModelManagementError(
    'BAD_SETTINGS',
    `modelManagement.${key}: it is missing, and the role edge needs it.`,
    'Copy the settings that the hub shows when the edge is added, and restart Node-RED.',
  );
