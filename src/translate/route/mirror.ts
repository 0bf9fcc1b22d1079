import { asNumber, asRecord, asRecords } from '../../manifests/fields.ts';
import type { JsonObject } from '../../json.ts';
import type { Spec } from '../policies/virtual-service.ts';
import { readDestination, type Destination } from '../policies/virtual-services.ts';
import { fractionalPercent, wholePercent } from '../values/percent.ts';

/** `mirror` and `mirrors` of an HTTP route as Envoy's mirror policies; an explicit 0 % mirrors nothing. */
export function mirrorPolicies(
  route: Spec,
  clusterOf: (destination: Destination) => string,
): JsonObject[] {
  const mirrors: { destination: unknown; percent: JsonObject | undefined }[] = [];
  if (route.mirror !== undefined) {
    mirrors.push({ destination: route.mirror, percent: percentOfMirror(route) });
  }
  for (const mirror of asRecords(route.mirrors)) {
    mirrors.push({ destination: mirror.destination, percent: percentage(mirror.percentage) });
  }
  return mirrors.flatMap(({ destination, percent }) =>
    percent === undefined
      ? []
      : [
          {
            cluster: clusterOf(readDestination(destination)),
            runtimeFraction: { defaultValue: percent },
            traceSampled: false,
            disableShadowHostSuffixAppend: true,
          },
        ],
  );
}

function percentOfMirror(route: Spec): JsonObject | undefined {
  if (route.mirrorPercentage !== undefined) return percentage(route.mirrorPercentage);
  const whole = asNumber(route.mirrorPercent ?? route.mirror_percent);
  if (whole === undefined) return wholePercent(100);
  return whole > 0 ? wholePercent(whole) : undefined;
}

function percentage(value: unknown): JsonObject | undefined {
  if (value === undefined) return wholePercent(100);
  return (asNumber(asRecord(value).value) ?? 0) > 0 ? fractionalPercent(value) : undefined;
}
