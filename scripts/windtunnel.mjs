#!/usr/bin/env node
// The `windtunnel` command. It runs on any Node from 20 on, so that it can say clearly what is missing,
// and hands over to the Node 24 that the project installs for itself.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runsTypeScript } from './node-version.mjs';

const projectDir = dirname(dirname(fileURLToPath(import.meta.url)));
const main = join(projectDir, 'src', 'cli', 'main.ts');

if (!existsSync(join(projectDir, 'node_modules', '.package-lock.json'))) {
  process.stderr.write(
    'windtunnel: its dependencies are not installed\n  next: npm ci   (or npm start, which does it)\n',
  );
  process.exit(1);
}
if (runsTypeScript(process.versions.node)) {
  await import(main);
} else {
  const node = join(projectDir, 'node_modules', '.bin', 'node');
  if (!existsSync(node)) {
    process.stderr.write(
      `windtunnel: Node ${process.versions.node} cannot run it, and no Node 24 is installed in node_modules\n` +
        '  next: npm ci   (Linux), or install Node 24.12 or newer\n',
    );
    process.exit(1);
  }
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends Ctrl-C to both: the child decides when it is done; this one only waits.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
  }
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
}
