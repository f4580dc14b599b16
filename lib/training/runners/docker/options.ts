/** What the settings say of every run. */
export interface DockerRunnerOptions {
  /** Of the data folder; only what carries it is ours. */
  readonly instanceId: string;
  /** For proxies: variables of the phase that has a network. */
  readonly env: Readonly<Record<string, string>>;
  /** Certificates of sites behind a proxy that looks into TLS. */
  readonly caPem?: string | undefined;
  readonly pipIndexUrl?: string | undefined;
  /** Network of the phase that installs; default `bridge`. */
  readonly installNetwork: string;
  readonly onEnvironmentUsed: (key: string) => Promise<void>;
  /** When an environment was used last, epoch ms; undefined = not known. */
  readonly environmentUsedAt: (key: string) => number | undefined;
}
