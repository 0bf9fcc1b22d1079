import { Type } from 'typebox';
import { commonConfig } from '../kit/config.ts';

/** The environment of the users service. */
export const UsersConfigSchema = Type.Object(commonConfig);
