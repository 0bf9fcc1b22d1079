import { type Static, type TObject, Type } from 'typebox';
import { Value } from 'typebox/value';

/** Environment of a process: what `process.env` is. */
export type Env = Readonly<Record<string, string | undefined>>;

/** An environment variable that holds another service's address, `host:port`. */
export const AddressSchema = Type.String({ pattern: '^[A-Za-z0-9.-]+:[0-9]{1,5}$' });

/** What every service reads, on top of which it lists its own; names are those of the environment variables. */
export const commonConfig = {
  /** The address to listen on. @default 0.0.0.0 */
  HOST: Type.String({ minLength: 1, default: '0.0.0.0' }),
  /** The port to listen on; 0 takes a free one. */
  PORT: Type.Integer({ minimum: 0, maximum: 65_535 }),
  /**
   * How long to keep serving after readiness is off, so that callers stop sending before the intake closes.
   * Endpoints take a second or two to reach every sidecar. @default 3000
   */
  DRAIN_MS: Type.Integer({ minimum: 0, maximum: 60_000, default: 3000 }),
  /** How long requests in flight may take to finish after the intake closed. @default 5000 */
  GRACE_MS: Type.Integer({ minimum: 0, maximum: 60_000, default: 5000 }),
  /** Whether the fault hook obeys `x-fail` and FAULT_PROBABILITY. @default disabled */
  FAULTS: Type.Union([Type.Literal('enabled'), Type.Literal('disabled')], { default: 'disabled' }),
  /** Share of requests without `x-fail` that fail, from 0 to 1. @default 0 */
  FAULT_PROBABILITY: Type.Number({ minimum: 0, maximum: 1, default: 0 }),
  /** Seed of the draws: the same seed fails the same requests of a sequence. @default 1 */
  FAULT_SEED: Type.Integer({ minimum: 0, maximum: 0xffff_ffff, default: 1 }),
} as const;

/** The configuration that every service has. */
export type CommonConfig = Static<TObject<typeof commonConfig>>;

/** Thrown when the environment is not what the schema says; the message lists every variable that is wrong. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

// Names that only a service's own settings have. One of them that the schema does not know is a typing error, whereas
// other unknown names are the platform's (PATH, KUBERNETES_SERVICE_HOST, ORDERS_PORT_8080_TCP_ADDR of service links).
const ownName = /^(FAULT|DRAIN|GRACE)|_ADDR$/;
const serviceLink = /_(TCP|UDP|SCTP)_ADDR$/;

/**
 * Reads a service's configuration from its environment: defaults filled in, numbers converted.
 * Throws {@link ConfigError} that names every variable that is missing, wrong, or unknown.
 */
export function parseConfig<Schema extends TObject>(schema: Schema, env: Env): Static<Schema> {
  const known = Object.keys(schema.properties);
  const problems = Object.keys(env)
    .filter((name) => ownName.test(name) && !serviceLink.test(name) && !known.includes(name))
    .map((name) => `${name} is unknown; known are ${known.join(', ')}`);
  const given: Record<string, string> = {};
  for (const name of known) {
    const value = env[name];
    // An empty variable is how shells and manifests leave one out.
    if (value !== undefined && value !== '') given[name] = value;
  }
  const config = Value.Convert(schema, Value.Default(schema, { ...given }));
  for (const name of known) {
    const property = schema.properties[name] as (typeof schema.properties)[string];
    const value = (config as Record<string, unknown>)[name];
    if (value === undefined) problems.push(`${name} is missing`);
    else if (!Value.Check(property, value)) {
      const reason = Value.Errors(property, value)[0]?.message ?? 'is not valid';
      problems.push(`${name}=${given[name] ?? ''} ${reason}`);
    }
  }
  if (problems.length > 0) throw new ConfigError(`configuration: ${problems.join('; ')}`);
  return config as Static<Schema>;
}
