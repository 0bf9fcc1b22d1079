import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provideEnvoy } from '../provision/envoy.ts';
import { createCertificateAuthority } from './certificates/authority.ts';
import type { StartMeshOptions } from './options.ts';
import { createPortAllocator, type PortAllocator } from './ports.ts';
import { type Guard, startGuard } from './processes/guard.ts';
import { instanceVariable } from './processes/identity.ts';
import { createProtoJson } from '../protobuf/protojson.ts';
import { createSchema } from '../protobuf/schema.ts';
import { createSecretStore, type SecretStore } from './certificates/secrets.ts';
import { prepareFolder, seedOf, temporaryFolderOf } from './instance/state.ts';
import type { Undo } from './undo.ts';
import { type AdsServer, startAdsServer } from './xds/ads-server.ts';
import { createResourceEncoder, type ResourceEncoder } from './xds/resources.ts';

/** What an instance stands on, before it knows any manifest. */
export interface Foundation {
  envoyPath: string;
  logsFolder: string;
  socketFolder: string;
  guard: Guard;
  ports: PortAllocator;
  ads: AdsServer;
  encoder: ResourceEncoder;
  secrets: SecretStore;
}

/** Life of a leaf certificate when none is given: Istio's is a day, ours shows rotation to whoever watches for an hour. */
const defaultTtlSeconds = 3600;

/** Brings the parts of a {@link Foundation} up; `undo` learns how to end each. `rotated` is told of new certificates. */
export async function layFoundation(
  options: StartMeshOptions,
  folder: string,
  undo: Undo,
  rotated: () => void,
): Promise<Foundation> {
  const { progress, signal, env = process.env } = options;
  const leafTtlSeconds = options.certificateTtlSeconds ?? defaultTtlSeconds;
  const logsFolder = await prepareFolder(folder);
  const temporaryFolder = temporaryFolderOf(folder);
  // Unix sockets have short paths only (107 bytes), a project's folder may be deep.
  const socketFolder = await mkdtemp(join(tmpdir().length > 40 ? '/tmp' : tmpdir(), 'wt-'));
  undo.add(() => rm(socketFolder, { recursive: true, force: true }));
  const guard = startGuard(folder, [socketFolder, temporaryFolder]);
  undo.add(() => guard.close());
  // Behind the guard, and marked as ours: a fetch must not outlive us either.
  const marked = { ...env, [instanceVariable]: folder };
  const envoy = await provideEnvoy({ progress, signal, env: marked, temporaryFolder });
  const ports = createPortAllocator(seedOf(folder));
  undo.add(() => ports.close());
  const schema = createSchema();
  const ads = await startAdsServer(join(socketFolder, 'ads'), schema);
  undo.add(() => ads.close());
  const authority = await createCertificateAuthority({ leafTtlSeconds, nowMs: Date.now });
  const secrets = createSecretStore({ authority, leafTtlSeconds, onRotation: rotated });
  undo.add(() => secrets.stop());
  const encoder = createResourceEncoder(createProtoJson(schema));
  return {
    envoyPath: envoy.path,
    logsFolder,
    socketFolder,
    guard,
    ports,
    ads,
    encoder,
    secrets,
  };
}
