/** What is wrong with what was filled in: key of a sentence in the catalogue, with its values. */
export interface Fault {
  readonly key: string;
  readonly values?: Readonly<Record<string, string | number>>;
}

/** The platform puts environment variables in when the flow starts. */
export const ENVIRONMENT = /^\$(\{[A-Za-z_]\w*\}|\([A-Za-z_]\w*\))$/;

export const faultIf = (isFault: boolean, key: string, values?: Fault['values']): Fault | undefined =>
  isFault ? { key, ...(values && { values }) } : undefined;

export const isCount = (value: unknown, least: number): boolean =>
  Number.isSafeInteger(value) && Number(value) >= least;

/** True, or the words of the fault: what the editor asks `validate` for. */
export const validity = (
  fault: Fault | undefined,
  text: (key: string, values?: Fault['values']) => string,
): true | string => (fault ? text(`fault.${fault.key}`, fault.values) : true);
