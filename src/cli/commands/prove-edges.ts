import { type EdgeProof, proveEdges } from '../../call/prove.ts';
import type { Target } from '../../target/target.ts';
import type { CommandInput } from '../command.ts';

/** Makes one real call over every declared edge, with progress. */
export async function proveDeclaredEdges(
  { projectDir, progress, signal }: CommandInput,
  target: Target,
): Promise<EdgeProof[]> {
  const { topology } = await import('../../../services/topology.ts');
  return progress.step('one real call over every declared edge', async (step) => {
    const onCall = (edge: string): void => step.update(edge);
    const found = await proveEdges({ topology, target, projectDir, signal, onCall });
    const count = found.filter(({ proven }) => proven).length;
    step.update(`${count} of ${found.length} proven`);
    return found;
  });
}

/** The same, and prints a line for each; resolves to whether all are proven. */
export async function proveAllEdges(input: CommandInput, target: Target): Promise<boolean> {
  const proofs = await proveDeclaredEdges(input, target);
  for (const line of proofLines(proofs)) input.print(line);
  return proofs.every(({ proven }) => proven);
}

/** A line an edge: whether it is proven, what was answered, how long it took, and why it is not. */
export function proofLines(proofs: EdgeProof[]): string[] {
  const width = Math.max(...proofs.map(({ edge }) => edge.length));
  return proofs.map(({ edge, proven, status, durationMs, problems }) => {
    const row = `  ${proven ? '✓' : '✗'} ${edge.padEnd(width)}  ${status.padEnd(8)} ${durationMs.toFixed(0).padStart(5)} ms`;
    return problems.length === 0 ? row : `${row}  ${problems.join('; ')}`;
  });
}
