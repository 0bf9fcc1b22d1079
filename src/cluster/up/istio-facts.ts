import { parse } from 'yaml';
import { asRecord, asString } from '../../manifests/fields.ts';
import { accessLogFields } from '../../target/access-log.ts';
import type { Kube } from '../kube/client.ts';
import { kubeError } from '../kube/errors.ts';
import { findIstiods } from '../kube/istiods.ts';
import { createObjects } from '../kube/kube-rest.ts';
import { sameFormat } from './operator.ts';
import type { Finding } from './preflight.ts';

/** What was found of the Istio of a cluster that someone else made. */
export interface IstioFacts {
  context: string;
  /** Namespace of an istiod that runs; null: none. */
  istiod: string | null;
  /** Whether its VirtualService is served as networking.istio.io/v1. */
  servesV1: boolean;
  /** Whether its DestinationRule knows `retryBudget`. */
  knowsRetryBudget: boolean;
  /** Of its mesh configuration; undefined where it says nothing. */
  accessLog: {
    file?: string | undefined;
    encoding?: string | undefined;
    format?: string | undefined;
  };
  /** Pods with the label that the Gateway selects. */
  gateways: number;
}

const virtualService = { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService' };

/** Asks a cluster for its Istio. Throws `unreachable`, or `preflight` when the user may not ask. */
export async function istioFacts(kube: Kube, signal: AbortSignal): Promise<IstioFacts> {
  const objects = createObjects(kube, signal);
  const look = async (): Promise<IstioFacts> => {
    const [istiods, gateways, scope, rules] = await Promise.all([
      findIstiods(kube),
      kube.core.listPodForAllNamespaces({ labelSelector: 'istio=ingressgateway' }),
      objects.scopeOf(virtualService.apiVersion, virtualService.kind),
      objects.read({
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'destinationrules.networking.istio.io' },
      }),
    ]);
    const { namespace, revision = 'default' } = istiods[0] ?? {};
    const name = revision === 'default' ? 'istio' : `istio-${revision}`;
    const config =
      namespace === undefined
        ? undefined
        : await objects.read({
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name, namespace },
          });
    return {
      context: kube.context,
      istiod: namespace ?? null,
      servesV1: scope === 'namespaced',
      knowsRetryBudget: JSON.stringify(rules ?? {}).includes('"retryBudget"'),
      accessLog: accessLogOf(asString(asRecord(config?.data).mesh) ?? ''),
      gateways: gateways.items.length,
    };
  };
  return look().catch((thrown: unknown) => {
    throw kubeError(thrown, `the cluster of context '${kube.context}'`);
  });
}

function accessLogOf(mesh: string): IstioFacts['accessLog'] {
  const config = asRecord(parse(mesh));
  return {
    file: asString(config.accessLogFile),
    encoding: asString(config.accessLogEncoding),
    format: asString(config.accessLogFormat),
  };
}

const install = 'istioctl install -f istio/install.yaml';

/** What this Istio lacks; a cluster without any is one finding. */
export function judgeIstio(facts: IstioFacts): Finding[] {
  const failure = (message: string, next: string): Finding => ({
    level: 'failure',
    code: 'preflight',
    message,
    next,
  });
  if (facts.istiod === null) {
    const message = `no Istio runs in the cluster of context '${facts.context}'`;
    return [failure(message, `Install it there: ${install} --context ${facts.context}`)];
  }
  const findings: Finding[] = [];
  if (!facts.servesV1) {
    findings.push(
      failure('this Istio does not serve networking.istio.io/v1', 'Update it to 1.27 or newer.'),
    );
  }
  if (!facts.knowsRetryBudget) {
    const message =
      'this Istio knows no retry budgets (DestinationRule, retryBudget): they would be lost silently';
    findings.push(failure(message, 'Update it to 1.27 or newer.'));
  }
  if (facts.gateways === 0) {
    const message =
      'no pod has the label istio=ingressgateway: requests from outside could not come in';
    findings.push(failure(message, `Install an ingress gateway, e.g. by ${install}`));
  }
  const wrong = logProblem(facts.accessLog);
  if (wrong !== undefined) {
    const message = `the sidecars' access log is no evidence: ${wrong}`;
    const next = `Set accessLogFile, accessLogEncoding and accessLogFormat of its meshConfig as istio/install.yaml has them.`;
    findings.push(failure(message, next));
  }
  return findings;
}

function logProblem({ file, encoding, format }: IstioFacts['accessLog']): string | undefined {
  if (file !== '/dev/stdout') return `accessLogFile is ${file ?? 'not set'}, not /dev/stdout`;
  if (encoding !== 'JSON') return `accessLogEncoding is ${encoding ?? 'TEXT'}, not JSON`;
  if (format === undefined) return 'accessLogFormat is not set';
  if (!sameFormat(format, JSON.stringify(accessLogFields))) {
    return 'accessLogFormat has other fields than istio/install.yaml';
  }
  return undefined;
}
