import { Type } from 'typebox';
import { commonConfig } from '../kit/config.ts';

/** The environment of the payments service. */
export const PaymentsConfigSchema = Type.Object(commonConfig);
