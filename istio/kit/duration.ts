/** Milliseconds as a Kubernetes duration: whole seconds as `3s`, others as `250ms`. */
export function duration(durationMs: number): string {
  return durationMs % 1000 === 0 ? `${durationMs / 1000}s` : `${durationMs}ms`;
}
