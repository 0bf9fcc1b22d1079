/**
 * The images, by version and by digest where one is known. Digests are those of the multi-platform index, as many public
 * manifests pin them; `scripts/airgap/` builds stand-ins under the same names and versions.
 */
export const images = {
  jaeger:
    'docker.io/jaegertracing/jaeger:2.21.0@sha256:3d0ac795ff98aa04d1be04311d2dac6c25b4bfc8322dc02e53bc5b170c5018c3',
  /** The version that Istio 1.31 brings in samples/addons. No public source for its digest was found. */
  kiali: 'quay.io/kiali/kiali:v2.31.0',
  prometheus:
    'docker.io/prom/prometheus:v3.15.0@sha256:efd719c99d83b060d9daefdcf00360461adf279f45ef5391f8d111892118753e',
} as const;
