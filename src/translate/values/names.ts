/** Name of a cluster: `outbound|PORT|SUBSET|HOST`. */
export function outboundCluster(port: number, subset: string, host: string): string {
  return `outbound|${port}|${subset}|${host}`;
}

/** SNI of mutual TLS to a cluster: `outbound_.PORT_.SUBSET_.HOST`. */
export function outboundSni(port: number, subset: string, host: string): string {
  return `outbound_.${port}_.${subset}_.${host}`;
}
