import {
  type Egress,
  type MeasuredCell,
  matrixCells,
  measureCells,
  measurePlaintext,
  type PlainCell,
} from '../../call/matrix.ts';
import { openEgress } from '../../call/open-egress.ts';
import type { EdgeProof } from '../../call/prove.ts';
import { matrixOwner } from '../../experiment/owners.ts';
import type { Target } from '../../target/target.ts';
import type { Command, CommandInput } from '../command.ts';
import { matrixLines, plaintextLines } from './matrix-table.ts';
import { openTarget, targetOptions } from './open-target.ts';
import { nameOption } from './options.ts';
import { proofLines, proveDeclaredEdges } from './prove-edges.ts';

/** `windtunnel prove`: that the mesh does what the topology declares, by real calls. */
export const proveCommand: Command = {
  name: 'prove',
  summary:
    'prove every declared call edge by one real call; --matrix: and that all others are refused',
  usage: '[--matrix] [--target TARGET]',
  description: `
Makes one real call over every declared edge, as its caller, through the caller's own sidecar. An edge is proven when the
answer is the declared one, and the callee's sidecar has logged the request with the caller's identity.

--matrix calls every operation as every service and as the ingress gateway, declared or not, twice: as deployed, where the
caller's own proxy keeps what it has no way to, and with that opened for a while, where the callee must refuse by itself.
Then it sends plaintext to every service from outside the mesh. Resources that it lays over the manifests are taken away
at the end, also on Ctrl-C.

  windtunnel prove
  windtunnel prove --matrix --target kind
  windtunnel prove --matrix --json --target current

Exits 0 when all is as declared, else 1.`,
  options: {
    matrix: { type: 'boolean', help: 'also prove that what is not declared is refused' },
    ...targetOptions,
    name: nameOption,
    json: { type: 'boolean', help: 'print what was found as JSON' },
  },
  run: async (input) => {
    const target = await openTarget(input);
    try {
      const edges = await proveDeclaredEdges(input, target);
      const matrix = input.options.matrix === true ? await measureMatrix(input, target) : undefined;
      report(input, target, edges, matrix);
      const good = edges.every(({ proven }) => proven) && (matrix === undefined || agrees(matrix));
      return good ? 0 : 1;
    } finally {
      await target.close();
    }
  },
};

/** What `--matrix` found; cells are in the same order on every target, so that two can be compared. */
interface Matrix {
  deployed: MeasuredCell[];
  open: MeasuredCell[];
  plaintext: PlainCell[];
}

/** Far longer than one caller's cells take; renewed with each caller. */
const leaseMs = 120_000;

async function measureMatrix(input: CommandInput, target: Target): Promise<Matrix> {
  const { projectDir, progress, signal } = input;
  const { topology } = await import('../../../services/topology.ts');
  const cells = matrixCells(topology);
  const measure = (egress: Egress, title: string): Promise<MeasuredCell[]> =>
    progress.step(title, async (step) => {
      let done = 0;
      const onCell = ({ caller, operation }: { caller: string; operation: string }): void => {
        step.update(`${caller}->${operation}, ${++done} of ${cells.length}`);
      };
      const found = await measureCells(cells, {
        topology,
        target,
        projectDir,
        egress,
        signal,
        onCell,
      });
      const right = found.filter(({ verdict, expected }) => verdict === expected).length;
      step.update(`${right} of ${found.length} as declared`);
      return found;
    });
  // A run that was killed may have left them.
  await target.revert(matrixOwner);
  const deployed = await measure('deployed', 'every identity at every operation, as deployed');
  const renewal = setInterval(
    () => void target.renew(matrixOwner, leaseMs).catch(() => {}),
    leaseMs / 3,
  );
  let open: MeasuredCell[];
  try {
    await progress.step('callers opened for a while', () =>
      target.apply(matrixOwner, openEgress(topology), leaseMs),
    );
    open = await measure('open', 'every identity at every operation, callers opened');
  } finally {
    clearInterval(renewal);
    await progress.step('callers as deployed again', () => target.revert(matrixOwner));
  }
  const plaintext = await progress.step('plaintext from outside the mesh', () =>
    measurePlaintext(topology, target, signal),
  );
  return { deployed, open, plaintext };
}

function agrees({ deployed, open, plaintext }: Matrix): boolean {
  const right = [...deployed, ...open].every(({ verdict, expected }) => verdict === expected);
  return right && plaintext.every(({ verdict }) => verdict !== 'answered');
}

function report(
  { options, print }: CommandInput,
  { name }: Target,
  edges: EdgeProof[],
  matrix: Matrix | undefined,
): void {
  if (options.json === true) {
    print(JSON.stringify({ target: name, edges, ...(matrix ? { matrix } : {}) }, null, 2));
    return;
  }
  for (const line of proofLines(edges)) print(line);
  if (matrix === undefined) return;
  for (const line of matrixLines('as deployed', matrix.deployed)) print(line);
  for (const line of matrixLines('with the callers opened', matrix.open)) print(line);
  for (const line of plaintextLines(matrix.plaintext)) print(line);
}
