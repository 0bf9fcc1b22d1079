/** The oldest Node that runs `.ts` files without a flag or a warning (nodejs.org/api/typescript.html). */
export const oldestNode = '24.12.0';

/** Whether a Node of `version` (`24.21.0`) runs the project's TypeScript as it is. */
export function runsTypeScript(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [needMajor = 0, needMinor = 0] = oldestNode.split('.').map(Number);
  return major > needMajor || (major === needMajor && minor >= needMinor);
}
