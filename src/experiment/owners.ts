/** What the name of everyone begins with on whose behalf an experiment changes the mesh. */
const prefix = 'experiment-';

/** Under which name an experiment applies what it changes for one callee; the same in every run, so that the next run, or a revert, finds it. */
export function ownerOf(experiment: string, service: string): string {
  return `${prefix}${experiment}-${service}`;
}

/** Under which name `prove --matrix` opens callers for a while. */
export const matrixOwner = 'prove-matrix';

/** Those of `owners` whose changes last only while a command runs: experiments' and that of `prove --matrix`. */
export function passingOwners(owners: readonly string[]): string[] {
  return owners.filter((owner) => owner.startsWith(prefix) || owner === matrixOwner);
}

/**
 * Those of `owners` that belong to the experiment `name`, and not to one of `known` whose name is longer: `retries` is not
 * `retries-budget`.
 */
export function ownersOfExperiment(
  owners: readonly string[],
  name: string,
  known: readonly string[],
): string[] {
  const longer = known.filter((other) => other.startsWith(`${name}-`));
  const begins = (owner: string, experiment: string): boolean =>
    owner.startsWith(`${prefix}${experiment}-`);
  return owners.filter(
    (owner) => begins(owner, name) && !longer.some((other) => begins(owner, other)),
  );
}
