import type { Command } from '../command.ts';

/** `windtunnel experiment list`. */
export const experimentListCommand: Command = {
  name: 'experiment list',
  summary: 'list the experiments: what each claims, on which edges, with how many requests',
  usage: '',
  description: 'Reads experiments/; needs no mesh.',
  options: {},
  run: async ({ print }) => {
    const [{ experiments }, { cellsOf }, { requestsOf }] = await Promise.all([
      import('../../../experiments/catalogue.ts'),
      import('../../experiment/language.ts'),
      import('../../experiment/sizing.ts'),
    ]);
    for (const experiment of experiments) {
      const { name, reference, title, hypothesis, edges, load, metrics } = experiment;
      const cells = cellsOf(experiment);
      const requests = cells.reduce((sum, cell) => sum + requestsOf(experiment, cell), 0);
      print(`${name}  (${reference}) ${title}`);
      print(`  claims: ${hypothesis.statement}`);
      print(`  measures: ${metrics.map((one) => `${one.name} ${one.formula}`).join('; ')}`);
      print(`  on: ${edges.map(({ id }) => id).join(', ')}`);
      print(
        `  ${cells.length} cells, ${requests} requests at ${load.arrivals.ratePerSecond}/s on each edge`,
      );
      print(`  run: windtunnel experiment run ${name}`);
    }
    return 0;
  },
};
