import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';

/** A Kubernetes object as a value: typed by its kind's interface, built by a pure function. */
export interface ResourceBody {
  apiVersion: string;
  kind: string;
  metadata?: { name?: string; namespace?: string; labels?: Record<string, string> };
}

/** Adds a resource to a chart, under its kind as id; returns it. */
export function addResource(scope: Construct, body: ResourceBody): ApiObject {
  const { apiVersion, kind, metadata, ...rest } = body;
  const id = `${kind}-${metadata?.name ?? ''}`;
  return new ApiObject(scope, id, { apiVersion, kind, metadata: { ...metadata }, ...rest });
}

/** Metadata of a resource of the system: its name is given, never generated, as policies refer to it. */
export function metadataOf(
  namespace: string,
  name: string,
): { name: string; namespace: string; labels: Record<string, string> } {
  return { name, namespace, labels: { 'app.kubernetes.io/managed-by': 'windtunnel' } };
}
