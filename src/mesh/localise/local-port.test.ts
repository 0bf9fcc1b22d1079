import { expect, it } from 'vitest';
import { withLocalPort } from './local-port.ts';

const filter = (type: string) => ({
  name: 'f',
  typedConfig: {
    '@type': `type.googleapis.com/envoy.extensions.filters.${type}`,
    rules: {
      policies: { p: { permissions: [{ destinationPort: 8080 }, { destinationPort: 9 }] } },
    },
  },
});

it('moves the ports of authorization rules, and nothing else', () => {
  for (const type of ['http.rbac.v3.RBAC', 'network.rbac.v3.RBAC']) {
    expect(withLocalPort(filter(type), 8080, 23_456).typedConfig).toMatchObject({
      rules: {
        policies: { p: { permissions: [{ destinationPort: 23_456 }, { destinationPort: 0 }] } },
      },
    });
  }
  expect(withLocalPort(filter('http.lua.v3.Lua'), 8080, 23_456)).toEqual(filter('http.lua.v3.Lua'));
});
