import { isDeepStrictEqual } from 'node:util';
import { identityOf, overlay } from '../../manifests/build-world.ts';
import { nameOf } from '../../manifests/problems.ts';
import type { Resource } from '../../manifests/world.ts';
import type { ChangeReport, ResourceName } from '../../target/target.ts';

/** What one owner (a user, an experiment) laid over the manifests. */
interface Layer {
  over: Resource[];
  /** Identities that are taken away. */
  removed: Set<string>;
}

/** The manifests and what was applied over them; a value, never changed in place. */
export interface Layers {
  base: Resource[];
  owners: Map<string, Layer>;
}

type Action = NonNullable<ChangeReport['actions']>[string];

/** The resources that stand, in the order of the manifests, then of the owners. */
export function effective(layers: Layers): Resource[] {
  let resources = layers.base;
  for (const { over, removed } of layers.owners.values()) {
    resources = overlay(resources, over).filter((resource) => !removed.has(identityOf(resource)));
  }
  return resources;
}

/** Lays resources over what stands; what the same owner laid over the same objects before is replaced. */
export function applied(layers: Layers, owner: string, resources: Resource[]): Layers {
  return withOwner(layers, owner, ({ over, removed }) => {
    const identities = new Set(resources.map(identityOf));
    return {
      over: overlay(over, resources),
      removed: new Set([...removed].filter((known) => !identities.has(known))),
    };
  });
}

/** Takes resources away, wherever they come from. */
export function removed(layers: Layers, owner: string, resources: ResourceName[]): Layers {
  return withOwner(layers, owner, ({ over, removed }) => {
    const identities = new Set(resources.map(identity));
    return {
      over: over.filter((resource) => !identities.has(identityOf(resource))),
      removed: new Set([...removed, ...identities]),
    };
  });
}

/** Forgets all that an owner did. */
export function reverted(layers: Layers, owner: string): Layers {
  const owners = new Map(layers.owners);
  owners.delete(owner);
  return { ...layers, owners };
}

/** `KIND NAMESPACE/NAME` of what differs between two sets of resources. */
export function differences(before: Resource[], after: Resource[]): string[] {
  const old = new Map(before.map((resource) => [identityOf(resource), resource]));
  const changed = after.filter((resource) => {
    const known = old.get(identityOf(resource));
    old.delete(identityOf(resource));
    return known === undefined || !isDeepStrictEqual(known.body, resource.body);
  });
  return [...changed, ...old.values()].map(nameOf);
}

/** What laying `resources` over `before` does with each of them, as kubectl reports it. */
export function applyActions(before: Resource[], resources: Resource[]): Record<string, Action> {
  const old = new Map(before.map((resource) => [identityOf(resource), resource]));
  return Object.fromEntries(
    resources.map((resource) => {
      const known = old.get(identityOf(resource));
      if (!known) return [nameOf(resource), 'created'];
      const same = isDeepStrictEqual(known.body, resource.body);
      return [nameOf(resource), same ? 'unchanged' : 'configured'];
    }),
  );
}

/** What taking `names` away from `before` does with each of them. */
export function removeActions(before: Resource[], names: ResourceName[]): Record<string, Action> {
  const old = new Set(before.map(identityOf));
  return Object.fromEntries(
    names.map((name) => [
      nameOf(name as Resource),
      old.has(identity(name)) ? 'deleted' : 'not found',
    ]),
  );
}

/** `KIND NAMESPACE/NAME` of all that is applied or taken away, by owner. */
export function appliedByOwner(layers: Layers): Record<string, string[]> {
  return Object.fromEntries(
    [...layers.owners].map(([owner, { over, removed }]) => [
      owner,
      [...over.map(nameOf), ...[...removed].map((known) => `-${known}`)],
    ]),
  );
}

function identity(name: ResourceName): string {
  return identityOf(name as Resource);
}

function withOwner(layers: Layers, owner: string, change: (layer: Layer) => Layer): Layers {
  const owners = new Map(layers.owners);
  owners.set(owner, change(owners.get(owner) ?? { over: [], removed: new Set() }));
  return { ...layers, owners };
}
