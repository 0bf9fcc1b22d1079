import { describe, expect, test } from 'vitest';
import { topology } from '../../services/topology.ts';
import type { AccessLogEntry } from '../target/access-log.ts';
import { allowedEdges, deniedEdges } from '../topology/derive.ts';
import { INGRESS } from '../topology/model.ts';
import { expectedVerdict, judgeCell, matrixCells } from './matrix.ts';

const line = (more: Partial<AccessLogEntry>): AccessLogEntry =>
  ({
    direction: 'inbound',
    workload: 'users',
    details: 'via_upstream',
    flags: '-',
    ...more,
  }) as AccessLogEntry;
const denied = line({ details: 'rbac_access_denied_matched_policy[none]', status: 403 });
const answered = (code: number | undefined, problem?: string) => ({
  ok: code === 200 || code === 0,
  code,
  problem,
});
const rbac = 'HTTP 403: RBAC: access denied';

describe('the verdict of a cell', () => {
  test('what arrived and was answered is allowed, whatever the service said', () => {
    expect(judgeCell('orders', answered(200), [line({})], [line({})])).toBe('allowed');
    expect(judgeCell('orders', answered(404, 'HTTP 404'), [line({})], [])).toBe('allowed');
    expect(judgeCell('orders', answered(0), [line({ flags: 'DC' })], [])).toBe('allowed');
  });

  test('what arrived and did not get to the service is not', () => {
    for (const flags of ['UH', 'UF,URX', 'NC']) {
      expect(judgeCell('orders', answered(503, 'HTTP 503'), [line({ flags })], [])).toBe('unclear');
    }
    expect(judgeCell('orders', answered(undefined, 'reset'), [line({})], [])).toBe('unclear');
  });

  test("a refusal is one only when the callee's line and the caller's answer say so", () => {
    expect(judgeCell('orders', answered(403, rbac), [denied], [denied])).toBe('refused');
    expect(judgeCell('orders', answered(7, 'x: RBAC: access denied'), [denied], [])).toBe(
      'refused',
    );
    expect(judgeCell('orders', answered(200), [denied], [denied])).toBe('unclear');
    expect(judgeCell('orders', answered(403, rbac), [denied, line({})], [])).toBe('unclear');
    // The service's own 403 is no refusal of the mesh, and a refusal without a line is not proven.
    expect(judgeCell('orders', answered(403, 'HTTP 403: no'), [line({})], [])).toBe('allowed');
    expect(judgeCell('orders', answered(403, rbac), [], [])).toBe('unclear');
  });

  test('what never arrived was kept only when the caller got no answer of a service', () => {
    expect(judgeCell('users', answered(undefined, 'other side closed'), [], [])).toBe('kept');
    expect(judgeCell('users', answered(502, 'HTTP 502'), [], [])).toBe('kept');
    expect(judgeCell('users', answered(14, 'UNAVAILABLE'), [], [])).toBe('kept');
    expect(judgeCell('users', answered(200), [], [])).toBe('unclear');
  });

  test('a gateway keeps a call when it was seen to go elsewhere', () => {
    const elsewhere = line({ workload: 'storefront' });
    expect(judgeCell(INGRESS, answered(200), [], [elsewhere])).toBe('kept');
    expect(judgeCell(INGRESS, answered(404, 'HTTP 404'), [], [])).toBe('unclear');
  });
});

describe('what the shop declares', () => {
  const cells = matrixCells(topology);

  test('every identity meets every operation once', () => {
    const declared = allowedEdges(topology).length;
    expect(cells).toHaveLength(declared + deniedEdges(topology).length);
    expect(new Set(cells.map(({ caller, operation }) => `${caller} ${operation}`)).size).toBe(
      cells.length,
    );
    for (const egress of ['deployed', 'open'] as const) {
      const allowed = cells.filter((cell) => expectedVerdict(topology, cell, egress) === 'allowed');
      expect(allowed).toHaveLength(declared);
    }
  });

  test("a caller's own proxy keeps what goes to services that it never calls", () => {
    const expected = (caller: string, operation: string, egress: 'deployed' | 'open') =>
      expectedVerdict(topology, { caller, operation }, egress);
    expect(expected('users', 'orders.place', 'deployed')).toBe('kept');
    expect(expected('users', 'orders.place', 'open')).toBe('refused');
    expect(expected('orders', 'payments.Refund', 'deployed')).toBe('refused');
    expect(expected(INGRESS, 'users.get', 'deployed')).toBe('kept');
  });
});
