import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Allowance, allowances } from './allowed.ts';
import { rules } from './rules.ts';
import { lineOf, parseSource } from './syntax.ts';

/** Something that a service must not hold. */
export interface Finding {
  /** Relative to the folder that was checked. */
  file: string;
  /** From 1. */
  line: number;
  /** The rule's name, `syntax` for a file that cannot be parsed, `allowance` for one that nothing needs. */
  rule: string;
  message: string;
}

/** What was looked at, and what was found. */
export interface CheckResult {
  fileCount: number;
  findings: Finding[];
}

// Tests may do what they like, generated code is as its contract says, and the topology is where the mesh's part is declared.
const exclude = ['**/node_modules/**', '**/gen/**', '**/*.test.*', 'topology.ts'];

/**
 * Checks every source file under `folder`, and `package.json` files not at all: a library that is there but never imported
 * does nothing. `allowed` is for tests; an allowance counts only when its file is there.
 */
export function checkServices(
  folder: string,
  allowed: readonly Allowance[] = allowances,
): CheckResult {
  const files = globSync('**/*.{ts,mts,cts,tsx,js,mjs,cjs,jsx}', { cwd: folder, exclude }).sort();
  const findings: Finding[] = [];
  const needed = new Set<Allowance>();
  for (const file of files) {
    const text = readFileSync(join(folder, file), 'utf8');
    for (const finding of checkSource(file, text)) {
      const allowance = allowed.find(
        (each) => each.file === file && each.rule === finding.rule && each.name === finding.name,
      );
      if (allowance) needed.add(allowance);
      else findings.push(finding);
    }
  }
  for (const allowance of allowed) {
    if (needed.has(allowance) || !files.includes(allowance.file)) continue;
    const { file, rule, name } = allowance;
    const message = `allowed.ts allows '${name}' (${rule}) here, which is not there any more: remove the entry`;
    findings.push({ file, line: 1, rule: 'allowance', message });
  }
  return { fileCount: files.length, findings };
}

/** Checks one file's text; `name` is what an allowance must name. */
export function checkSource(file: string, text: string): (Finding & { name: string })[] {
  const parsed = parseSource(file, text);
  if (!parsed.ok) {
    const line = lineOf(text, parsed.start);
    return [{ file, line, rule: 'syntax', message: parsed.message, name: '' }];
  }
  const findings = new Map<string, Finding & { name: string }>();
  for (const rule of rules) {
    for (const { node, what, name } of rule.find(parsed.file)) {
      const line = lineOf(text, node.start);
      const message = `${what}; ${rule.instead}`;
      // A name that is used twice in a line is one finding.
      findings.set(`${line} ${rule.name} ${what}`, { file, line, rule: rule.name, message, name });
    }
  }
  return [...findings.values()].sort((a, b) => a.line - b.line);
}
