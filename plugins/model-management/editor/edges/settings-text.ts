type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

/** Settings as a person writes them into settings.js: one entry, to be put between others. */
export const settingsText = (settings: Readonly<Record<string, unknown>>): string =>
  `modelManagement: ${write(settings as Value, '')},`;

function write(value: Value, indent: string): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map((one) => write(one, indent)).join(', ')}]`;
  const deeper = `${indent}  `;
  const entries = Object.entries(value).map(([key, one]) => `${keyText(key)}: ${write(one, deeper)}`);
  if (entries.length === 0) return '{}';
  return `{\n${entries.map((entry) => `${deeper}${entry},\n`).join('')}${indent}}`;
}

const keyText = (key: string): string => (/^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key));

/** In single quotes, with everything escaped that would end or change it. */
const quoted = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;

/** The host of a broker, where it is no use on another machine; undefined = it may be. */
export function loopbackOf({ broker }: Readonly<Record<string, unknown>>): string | undefined {
  const { url }: { readonly url?: unknown } = Object(broker);
  const [, host] = /^\w+:\/\/(localhost|127(?:\.\d+){3}|\[::1\])(?=[:/]|$)/.exec(String(url)) ?? [];
  return host;
}
