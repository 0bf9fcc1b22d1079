/** One segment of a path: text, or a `{parameter}`. */
export type PathSegment = { type: 'literal'; text: string } | { type: 'parameter'; name: string };

/** `'/users/{id}'` → literal `users`, parameter `id`. */
export function pathSegments(path: string): PathSegment[] {
  return path
    .slice(1)
    .split('/')
    .map((text) =>
      text.startsWith('{') && text.endsWith('}')
        ? { type: 'parameter', name: text.slice(1, -1) }
        : { type: 'literal', text },
    );
}

/** Names of the parameters of a path, in its order. */
export function pathParameters(path: string): string[] {
  return pathSegments(path).flatMap((segment) =>
    segment.type === 'parameter' ? [segment.name] : [],
  );
}
