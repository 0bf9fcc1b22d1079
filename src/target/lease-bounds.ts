/**
 * Shortest and longest lease on every target: long enough for a busy machine, short enough that nobody waits for a fault to
 * go.
 */
export const leaseBoundsMs = { shortest: 100, longest: 10 * 60_000 } as const;
