import { expect, it } from 'vitest';
import { WindtunnelError } from './errors.ts';

it('takes what a full disk says for what the user can mend, and anything else for a fault of ours', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
    code: 'ENOSPC',
  });
  const found = WindtunnelError.from(full);
  expect(found).toMatchObject({ code: 'io', message: full.message, cause: full });
  expect(found.next).toContain('disk');
  expect(WindtunnelError.from(new Error('x')).code).toBe('internal');
  expect(WindtunnelError.from(null).code).toBe('internal');
  expect(WindtunnelError.from(full, 'call-failed').code).toBe('call-failed');
});
