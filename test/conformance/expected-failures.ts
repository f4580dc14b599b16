import list from './expected-failures.json';

/** What the list says of one runtime on one Node. */
export interface ExpectedFailures {
  /** Case to reason. */
  readonly reasons: ReadonlyMap<string, string>;
  /** Those that chance or the machine decides. */
  readonly mayPass: ReadonlySet<string>;
}

export function expectedFailures(runtime: string, nodeMajor: number): ExpectedFailures {
  const groups = list.groups.filter(
    ({ runtimes, nodeMajors }) => runtimes.includes(runtime) && nodeMajors.includes(nodeMajor),
  );
  return {
    reasons: new Map(groups.flatMap(({ cases, reason }) => cases.map((name) => [name, reason] as const))),
    mayPass: new Set(groups.filter(({ mayPass }) => mayPass).flatMap(({ cases }) => cases)),
  };
}

/** Differences from the list, in words; empty when all is as expected. */
export function surprises(
  { reasons, mayPass }: ExpectedFailures,
  results: ReadonlyMap<string, string | undefined>,
): string[] {
  const found: string[] = [];
  for (const [name, failure] of results) {
    if (failure !== undefined && !reasons.has(name)) found.push(`new failure: ${name}: ${failure}`);
    if (failure === undefined && reasons.has(name) && !mayPass.has(name)) {
      found.push(`unexpected pass: ${name} (listed: ${reasons.get(name)})`);
    }
  }
  return found;
}
