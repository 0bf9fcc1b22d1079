import { asList, asRecord, asRecords, asString } from '../manifests/fields.ts';
import { createProblems } from '../manifests/problems.ts';
import { isWorkload } from '../manifests/read-workload.ts';
import type { Resource, World } from '../manifests/world.ts';

/** Says that a field does not work here. */
type Refuse = (path: string, reason: string) => void;

const oneAddress =
  'every workload here has the address 127.0.0.1, so that no address tells callers apart';
const ipFields = ['ipBlocks', 'notIpBlocks', 'remoteIpBlocks', 'notRemoteIpBlocks'];
const ipKeys = ['source.ip', 'remote.ip', 'destination.ip'];

/** Volumes without content of their own: the program finds or makes its folder on this machine, as it can. */
const emptyVolumes = new Set(['emptyDir', 'persistentVolumeClaim', 'ephemeral']);

const refusedKinds: Record<string, string> = {
  Ingress: 'use a Gateway and a VirtualService of networking.istio.io',
  Job: 'only what serves is run',
  CronJob: 'only what serves is run',
  ReplicationController: 'use a Deployment',
  Endpoints: 'endpoints are the pods that a selector selects; use a ServiceEntry for others',
  EndpointSlice: 'endpoints are the pods that a selector selects; use a ServiceEntry for others',
};

/**
 * Throws `unsupported` for what a cluster would do, but processes on one machine do not: policies by IP address, mounted
 * files, init containers, jobs. Every place is named, with the reason.
 */
export function checkLocal(world: World): void {
  const problems = createProblems();
  for (const resource of world.resources) {
    const refuse: Refuse = (path, reason) =>
      problems.add(resource, path, `does not work on the local mesh: ${reason}`);
    const reason = refusedKinds[resource.kind];
    if (reason !== undefined) refuse('', reason);
    if (resource.kind === 'AuthorizationPolicy') checkAuthorization(resource, refuse);
    if (isWorkload(resource)) checkPod(resource, refuse);
  }
  problems.throwIfAny(
    'unsupported',
    'Take these out for the local mesh, or run on a cluster with Istio.',
  );
}

function checkVolumes(spec: Record<string, unknown>, path: string, refuse: Refuse): void {
  const mounts = asRecords(spec.containers).flatMap((container) =>
    asRecords(container.volumeMounts),
  );
  for (const [index, volume] of asRecords(spec.volumes).entries()) {
    const name = asString(volume.name) ?? '';
    const mount = mounts.find((one) => one.name === name);
    const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'emptyDir';
    if (!mount || emptyVolumes.has(kind)) continue;
    const where = JSON.stringify(mount.mountPath);
    const reason = `processes share this machine's files, so that nothing is mounted at ${where}: hand it on by env, or put the file into the image's folder`;
    refuse(`${path}.volumes[${index}].${kind}`, reason);
  }
}

function checkAuthorization(resource: Resource, refuse: Refuse): void {
  for (const [index, rule] of asRecords(asRecord(resource.body.spec).rules).entries()) {
    const path = `spec.rules[${index}]`;
    for (const [at, from] of asRecords(rule.from).entries()) {
      const source = asRecord(from.source);
      for (const field of ipFields) {
        if (asList(source[field]).length > 0) {
          refuse(`${path}.from[${at}].source.${field}`, oneAddress);
        }
      }
    }
    for (const [at, condition] of asRecords(rule.when).entries()) {
      const key = asString(condition.key) ?? '';
      if (ipKeys.includes(key)) refuse(`${path}.when[${at}].key ${key}`, oneAddress);
    }
  }
}

function checkPod(resource: Resource, refuse: Refuse): void {
  const own = asRecord(resource.body.spec);
  const isPod = resource.kind === 'Pod';
  const spec = isPod ? own : asRecord(asRecord(own.template).spec);
  const path = isPod ? 'spec' : 'spec.template.spec';
  checkVolumes(spec, path, refuse);
  const initial = asRecords(spec.initContainers);
  const isInjected = [...initial, ...asRecords(spec.containers)].some(
    ({ name }) => name === 'istio-proxy' || name === 'istio-init',
  );
  if (isInjected) {
    refuse(path, 'it has its sidecar in it already: give the manifest as it was before injection');
  } else if (initial.length > 0) {
    const reason = 'processes of a pod start together, and nothing runs before them';
    refuse(`${path}.initContainers`, reason);
  }
}
