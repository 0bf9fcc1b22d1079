import { WindtunnelError } from '../errors.ts';
import type { Resource } from '../manifests/world.ts';

/** A Kubernetes or Istio object to lay over the manifests. */
export interface ResourceBody {
  apiVersion: string;
  kind: string;
  metadata?: { name?: string; namespace?: string; labels?: Record<string, string> };
  spec?: object;
}

/** An experiment's object as a {@link Resource}, as if it had been read from a file. Throws `bad-experiment` without name and namespace. */
export function asResource(body: ResourceBody, experiment: string): Resource {
  const { apiVersion, kind, metadata } = body;
  if (metadata?.name === undefined || metadata.namespace === undefined) {
    throw new WindtunnelError('bad-experiment', `${experiment}: a ${kind} without a name`, {
      next: 'Give metadata.name and metadata.namespace, so that it replaces the one of the manifests.',
    });
  }
  return {
    apiVersion,
    kind,
    metadata: {
      name: metadata.name,
      namespace: metadata.namespace,
      labels: { ...metadata.labels },
      annotations: {},
    },
    body: structuredClone(body) as unknown as Record<string, unknown>,
    source: { file: `experiment ${experiment}`, line: 1 },
  };
}
