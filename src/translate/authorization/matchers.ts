import type { JsonObject } from '../../json.ts';

/** Envoy's `Permission` or `Principal`: both combine in the same way under different names. */
export type RbacRule = JsonObject;

/** RE2 characters that mean themselves once escaped, as Go's `regexp.QuoteMeta` knows them. */
const regexSpecials = /[\\.+*?()|[\]{}^$]/g;

/** Escapes text for use inside an RE2 expression. */
export function quoteRegex(text: string): string {
  return text.replace(regexSpecials, '\\$&');
}

/** A `StringMatcher` that takes any match of a whole RE2 expression. */
export function regexMatcher(regex: string): JsonObject {
  return { safeRegex: { regex } };
}

/**
 * A `StringMatcher` for a policy's value: `*` anything but empty, `*x` a suffix, `x*` a prefix, else exact.
 *
 * @param prefix goes before the value, e.g. `spiffe://`; a suffix match then needs an expression
 */
export function stringMatcher(value: string, prefix = ''): JsonObject {
  if (value === '*') return regexMatcher('.+');
  if (value.startsWith('*')) {
    const suffix = value.slice(1);
    return prefix === '' ? { suffix } : regexMatcher(`${prefix}.*${quoteRegex(suffix)}`);
  }
  if (value.endsWith('*')) return { prefix: prefix + value.slice(0, -1) };
  return { exact: prefix + value };
}

/** A `HeaderMatcher` for a policy's value; `*` asks that the header be present. Hosts are compared without case. */
export function headerMatcher(name: string, value: string, ignoreCase = false): JsonObject {
  if (value === '*') return { name, presentMatch: true };
  const matcher: JsonObject = value.startsWith('*')
    ? { suffix: value.slice(1) }
    : value.endsWith('*')
      ? { prefix: value.slice(0, -1) }
      : { exact: value };
  return { name, stringMatch: ignoreCase ? { ...matcher, ignoreCase: true } : matcher };
}

/** A `CidrRange` from `10.1.2.3` or `10.1.0.0/16`; undefined when the text is neither (IPv6 included). */
export function cidrRange(text: string): JsonObject | undefined {
  const [address = '', length] = text.split('/');
  const isV6 = address.includes(':');
  if (!isV6 && !/^(\d{1,3}\.){3}\d{1,3}$/.test(address)) return undefined;
  if (!isV6 && address.split('.').some((part) => Number(part) > 255)) return undefined;
  const most = isV6 ? 128 : 32;
  const prefixLen = length === undefined ? most : Number(length);
  if (!Number.isInteger(prefixLen) || prefixLen < 0 || prefixLen > most || length === '')
    return undefined;
  return { addressPrefix: address, prefixLen };
}

/** A port from its text; undefined when it is none. */
export function portNumber(text: string): number | undefined {
  return /^\d+$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}

/** Whether a path holds `{*}` or `{**}`, and is matched as a URI template therefore. */
export function isPathTemplate(path: string): boolean {
  return path.includes('{*}') || path.includes('{**}');
}

/** The `UriTemplateMatchConfig` extension for a path template, in Envoy's own notation. */
export function pathTemplate(path: string): JsonObject {
  return {
    name: 'uri-template',
    typedConfig: {
      '@type':
        'type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig',
      pathTemplate: path.replaceAll('{*}', '*').replaceAll('{**}', '**'),
    },
  };
}
