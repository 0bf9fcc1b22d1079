// Makes a fresh clone ready: dependencies as the lockfile says, and the Node 24 that runs them.
// Runs on any Node from 20 on, before anything is installed; does nothing, quickly, when all is there.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { oldestNode, runsTypeScript } from './node-version.mjs';

const projectDir = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(projectDir, 'node_modules');
const stamp = join(modules, '.windtunnel-installed');
const lockHash = createHash('sha256')
  .update(readFileSync(join(projectDir, 'package-lock.json')))
  .digest('hex');

const fail = (message, next) => {
  process.stderr.write(`windtunnel: ${message}\n  next: ${next}\n`);
  process.exit(1);
};

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lockHash) {
  process.stderr.write(
    '  … installing dependencies (npm ci), about half a minute the first time\n',
  );
  const startedMs = Date.now();
  // npm warns about engines of packages that want the Node 24 which this very command installs.
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: projectDir,
    stdio: ['ignore', 2, 2],
  });
  if (npm.error)
    fail(`npm could not be started: ${npm.error.message}`, 'install npm, then try again');
  if (npm.status !== 0) {
    fail(
      `npm ci failed with status ${npm.status}`,
      'see its message above; is the npm registry reachable?',
    );
  }
  writeFileSync(stamp, lockHash);
  process.stderr.write(
    `  ✓ dependencies installed (${((Date.now() - startedMs) / 1000).toFixed(1)} s)\n`,
  );
}

const own = join(modules, '.bin', 'node');
const program = existsSync(own) ? own : 'node';
const version =
  spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout?.trim().slice(1) ?? '';
if (!runsTypeScript(version)) {
  fail(
    `Node ${version || 'of unknown version'} cannot run this project; it needs ${oldestNode} or newer`,
    'on Linux x64 or arm64 delete node_modules and run npm ci (it brings Node 24); elsewhere install Node 24',
  );
}
