import type { TranslateContext } from '../context.ts';
import type { JsonObject } from '../../json.ts';
import { rbacHttpFilters } from './rbac.ts';
import { jwtFilters } from './request-authentication.ts';

/** The HTTP filters in front of all others: who is calling is found out before it is decided what they may do. */
export function securityFilters(context: TranslateContext): JsonObject[] {
  return [...jwtFilters(context), ...rbacHttpFilters(context)];
}
