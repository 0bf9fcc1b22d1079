import { type Static, Type } from 'typebox';

const described = (description: string): { description: string } => ({ description });
const count = (description: string): Type.TInteger => Type.Integer({ minimum: 0, description });
const ms = (description: string): Type.TNumber => Type.Number(described(`${description}, in ms`));
const closed = { additionalProperties: false };

/** Verdict of a metric, a cell or an experiment. */
const VerdictSchema = Type.Union(
  [
    Type.Literal('confirmed'),
    Type.Literal('refuted'),
    Type.Literal('inconclusive'),
    Type.Literal('invalid'),
  ],
  described(
    'confirmed: predicted and measured agree, to the declared margin. refuted: they disagree, beyond chance at the family-wise level. inconclusive: they agree, but less closely than the margin. invalid: the run proves nothing, the reasons say why.',
  ),
);
/** See {@link VerdictSchema}. */
export type Verdict = Static<typeof VerdictSchema>;

const IntervalSchema = Type.Object(
  { low: Type.Number(), high: Type.Number() },
  { ...closed, ...described('An interval, both ends included.') },
);

const LatencySchema = Type.Object(
  {
    count: count('Values'),
    meanMs: ms('Mean'),
    p50Ms: ms('Median'),
    p90Ms: ms('90th percentile'),
    p99Ms: ms('99th percentile'),
    p999Ms: ms('99.9th percentile'),
    maxMs: ms('Greatest'),
  },
  { ...closed, ...described('A distribution of times (HdrHistogram, three digits).') },
);

/** What one load did and saw; see `LoadReport` of src/load/recorder.ts. */
const LoadSchema = Type.Object(
  {
    scheduled: count('Requests that were due'),
    completed: count('Of those, made; each has one outcome'),
    notSent: count('Due while the greatest number was under way, and therefore never made'),
    stopped: count('Due after the run was stopped'),
    classes: Type.Record(Type.String(), Type.Integer(), described('Outcomes by class')),
    outcomes: Type.Record(Type.String(), Type.Integer(), described('Outcomes, e.g. `http 503`')),
    latency: LatencySchema,
    serviceTime: LatencySchema,
    firstByte: LatencySchema,
    sendLag: LatencySchema,
    durationMs: ms('From the first intended start to the last end'),
  },
  {
    ...closed,
    ...described(
      'latency and firstByte count from the intended start, serviceTime from when the request was sent; sendLag is the difference: the lateness of the generator.',
    ),
  },
);

const MetricSchema = Type.Object(
  {
    name: Type.String(),
    label: Type.String(),
    kind: Type.Union([Type.Literal('mean'), Type.Literal('maximum')]),
    unit: Type.String(),
    formula: Type.String(described('As people write it')),
    predicted: Type.Number(),
    measured: Type.Number(),
    shown: Type.Union([IntervalSchema, Type.Null()], described('Wilson, at shownConfidence')),
    tested: Type.Union(
      [IntervalSchema, Type.Null()],
      described('With guaranteed coverage, at alphaPerComparison: the verdict is by this one'),
    ),
    margin: Type.Union(
      [Type.Number(), Type.Null()],
      described('Half the width of the shown interval that counts as well measured'),
    ),
    verdict: VerdictSchema,
    reason: Type.String(),
  },
  closed,
);
/** Predicted and measured of one metric of one cell. */
export type MetricResult = Static<typeof MetricSchema>;

const CheckSchema = Type.Object(
  { name: Type.String(), left: Type.Number(), right: Type.Number(), holds: Type.Boolean() },
  { ...closed, ...described('Two counts of different parties that must be equal.') },
);

const CallerSchema = Type.Object(
  {
    total: count('upstream_rq_total: attempts'),
    retry: count('upstream_rq_retry'),
    retrySuccess: count('upstream_rq_retry_success'),
    retryLimitExceeded: count('upstream_rq_retry_limit_exceeded'),
    retryOverflow: count('upstream_rq_retry_overflow'),
    refused: count('upstream_rq_pending_overflow and upstream_rq_active_overflow'),
  },
  { ...closed, ...described("Counters of the caller's sidecar for this edge, over the load.") },
);

const CalleeSchema = Type.Object(
  {
    attempts: count('Attempts that arrived'),
    byNumber: Type.Array(Type.Integer(), described('By x-envoy-attempt-count, from 1')),
    faultedByNumber: Type.Array(Type.Integer(), described('Of those, answered by the fault')),
    otherFailures: count('Attempts that failed for another reason'),
    unnumbered: count('Attempts without x-envoy-attempt-count'),
    foreign: count('Attempts on the same replicas that the experiment did not cause'),
  },
  { ...closed, ...described("Access log of the callee's sidecars, one line an attempt.") },
);

/** One edge with one combination of factors. */
const CellSchema = Type.Object(
  {
    edge: Type.String(described('caller->service.operation')),
    protocol: Type.Union([Type.Literal('http'), Type.Literal('grpc')]),
    factors: Type.Record(Type.String(), Type.Number()),
    requests: count('Sample size, computed up front'),
    verdict: VerdictSchema,
    reasons: Type.Array(Type.String()),
    metrics: Type.Array(MetricSchema),
    gate: Type.Union(
      [
        Type.Object(
          {
            predicted: Type.Number(described('Failure probability that the fault was set to')),
            measured: Type.Number(described('Share of first attempts that it answered')),
            tested: IntervalSchema,
            holds: Type.Boolean(),
          },
          closed,
        ),
        Type.Null(),
      ],
      described('Whether the fault took effect, as the callee saw it'),
    ),
    checks: Type.Array(CheckSchema),
    load: Type.Union([LoadSchema, Type.Null()]),
    caller: Type.Union([CallerSchema, Type.Null()]),
    callee: Type.Union([CalleeSchema, Type.Null()]),
    latencyTrusted: Type.Boolean(
      described('False: the generator was late; read no latency off it'),
    ),
    enforcedMs: ms('From applying policy and fault to the last acknowledgement of a sidecar'),
  },
  closed,
);
/** See {@link CellSchema}. */
export type CellResult = Static<typeof CellSchema>;

const PhaseSchema = Type.Object(
  {
    name: Type.String(),
    startedMs: ms('Since the start of the experiment'),
    durationMs: ms('How long it took'),
    passed: Type.Boolean(),
    detail: Type.String(),
  },
  closed,
);
/** What became of one phase. */
export type PhaseResult = Static<typeof PhaseSchema>;

const GuardSchema = Type.Object(
  {
    edge: Type.String(),
    probes: count('Requests made'),
    failures: count('Of those, failed'),
    tripped: Type.Boolean(),
  },
  { ...closed, ...described('An edge outside the experiment that had to stay healthy.') },
);
/** What a guard saw. */
export type GuardResult = Static<typeof GuardSchema>;

/** The JSON result of an experiment: this schema is written beside it. */
export const ExperimentResultSchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    experiment: Type.Object(
      {
        name: Type.String(),
        reference: Type.String(),
        title: Type.String(),
        statement: Type.String(),
        source: Type.String(),
        assumptions: Type.Array(Type.String()),
        success: Type.String(),
      },
      closed,
    ),
    target: Type.String(),
    runId: Type.String(described('Request ids of the run start with wt-RUNID-')),
    startedAt: Type.String({ format: 'date-time' }),
    durationMs: ms('All phases'),
    seed: Type.Integer(described('The same seed gives the same schedule of arrivals')),
    load: Type.Object(
      {
        arrivals: Type.String(),
        from: Type.String(
          described(
            'On a cluster: mesh, a pod with the identity of the caller; or outside, the machine of the command line',
          ),
        ),
        ratePerSecond: Type.Number(described('On each edge')),
        timeoutMs: ms("The generator's own bound on one request"),
        maxOutstanding: Type.Integer(),
      },
      closed,
    ),
    statistics: Type.Object(
      {
        shownConfidence: Type.Number(),
        familyAlpha: Type.Number(
          described('Chance at most of refuting any cell of a system that is as predicted'),
        ),
        comparisons: Type.Integer(),
        alphaPerComparison: Type.Number(),
      },
      closed,
    ),
    environment: Type.Object(
      { node: Type.String(), platform: Type.String(), cpus: Type.Integer() },
      closed,
    ),
    phases: Type.Array(PhaseSchema),
    guards: Type.Array(GuardSchema),
    cells: Type.Array(CellSchema),
    verdict: VerdictSchema,
    reasons: Type.Array(Type.String()),
  },
  { ...closed, $id: 'windtunnel-experiment-result-1' },
);
/** See {@link ExperimentResultSchema}. */
export type ExperimentResult = Static<typeof ExperimentResultSchema>;
