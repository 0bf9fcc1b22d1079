import type { ErrorCode } from '../errors.ts';
import { WindtunnelError } from '../errors.ts';
import type { Resource } from './world.ts';

/** How a resource is named in messages: `KIND NAMESPACE/NAME`, or `KIND NAME` where it has no namespace. */
export function nameOf(resource: Resource): string {
  const { name, namespace } = resource.metadata;
  return namespace === '' ? `${resource.kind} ${name}` : `${resource.kind} ${namespace}/${name}`;
}

/** Where a resource was read, as `FILE:LINE`. */
export function placeOf(resource: Resource): string {
  return `${resource.source.file}:${resource.source.line}`;
}

/** Collects what is wrong, so that a user sees all of it at once. */
export interface Problems {
  /** `path` is the field, e.g. `spec.http[0].timeout`; empty when the whole resource is meant. */
  add(resource: Resource, path: string, reason: string): void;
  /** For what has no resource: a file, a line that cannot be parsed. */
  addText(message: string): void;
  /** Throws one WindtunnelError that lists every problem, a line each; nothing when there is none. */
  throwIfAny(code: ErrorCode, next?: string): void;
}

/** A new, empty {@link Problems}. */
export function createProblems(): Problems {
  const messages: string[] = [];
  return {
    add(resource, path, reason) {
      const field = path === '' ? '' : ` ${path}:`;
      messages.push(`${placeOf(resource)}: ${nameOf(resource)}:${field} ${reason}`);
    },
    addText(message) {
      messages.push(message);
    },
    throwIfAny(code, next) {
      if (messages.length === 0) return;
      throw new WindtunnelError(code, messages.join('\n'), next === undefined ? {} : { next });
    },
  };
}
