import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WindtunnelError } from '../errors.ts';
import { type ExperimentResult, ExperimentResultSchema } from '../experiment/result.ts';

/** Where the reports of a run are. */
export interface ReportFiles {
  json: string;
  /** The JSON Schema of `json`. */
  schema: string;
  html: string;
}

/** Writes NAME.json, NAME.html and result.schema.json into `dir`, making it; throws `io` when it cannot be written. */
export async function writeReports(result: ExperimentResult, dir: string): Promise<ReportFiles> {
  const { name } = result.experiment;
  const files: ReportFiles = {
    json: join(dir, `${name}.json`),
    schema: join(dir, 'result.schema.json'),
    html: join(dir, `${name}.html`),
  };
  // The plotting library takes a while to load: only who writes a report waits for it.
  const { renderHtml } = await import('./html.ts');
  const schemaUri = 'https://json-schema.org/draft/2020-12/schema';
  const schema = { $schema: schemaUri, ...ExperimentResultSchema };
  try {
    await mkdir(dir, { recursive: true });
    await writeFile(files.schema, `${JSON.stringify(schema, null, 2)}\n`);
    await writeFile(files.json, `${JSON.stringify(result, null, 2)}\n`);
    await writeFile(files.html, renderHtml(result));
  } catch (cause) {
    throw new WindtunnelError('io', `cannot write the report into ${dir}: ${String(cause)}`, {
      cause,
      next: 'Give another folder with --out DIR.',
    });
  }
  return files;
}
