const factors: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The number that a Kubernetes quantity (`250m`, `128Mi`, `1.5`, `2e3`, or a plain number) stands for; undefined when it is none. */
export function readQuantity(value: unknown): number | undefined {
  const match = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]{0,2})$/.exec(String(value ?? ''));
  const factor = factors[match?.[2] ?? ''];
  const number = Number(match?.[1] ?? Number.NaN);
  return match === null || factor === undefined || Number.isNaN(number)
    ? undefined
    : number * factor;
}
