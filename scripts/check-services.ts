import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { checkServices } from './check-services/check.ts';

// Fails the build when a service does what is the mesh's part: node scripts/check-services.ts [FOLDER]
const folder = resolve(process.argv[2] ?? join(import.meta.dirname, '..', 'services'));
const shown = relative(process.cwd(), folder) || '.';

if (!existsSync(folder)) {
  process.stderr.write(`check-services: there is no folder ${shown}\n`);
  process.exit(2);
}
const { fileCount, findings } = checkServices(folder);
for (const { file, line, rule, message } of findings) {
  process.stderr.write(`${join(shown, file)}:${line}: ${rule}: ${message}\n`);
}
if (fileCount === 0) {
  process.stderr.write(`check-services: there is no source file in ${shown}\n`);
  process.exit(2);
}
const verdict = findings.length === 0 ? 'hold only business logic' : `${findings.length} findings`;
process.stdout.write(`${shown}: ${fileCount} files, ${verdict}\n`);
process.exitCode = findings.length === 0 ? 0 : 1;
