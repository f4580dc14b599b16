import type { Health } from '../contract';

/** Something that does not work here, or is not safe. */
export interface Notice {
  /** Key of its sentence, below `notice`. */
  readonly key: 'noEngine' | 'slowEngine' | 'noAuth' | 'brokerGone' | 'noBroker' | 'noDocker';
  readonly values: Readonly<Record<string, string>>;
  /** Why, in the server's words. */
  readonly reason?: string;
}

/** The gravest first. */
export function noticesOf({ engine, auth, docker, broker }: Health): readonly Notice[] {
  return [
    ...(engine.kind === 'none' ? [{ key: 'noEngine', values: {}, ...because(engine.reason) } as const] : []),
    ...(engine.kind === 'wasm' ? [{ key: 'slowEngine', values: {} } as const] : []),
    ...(auth.adminAuth ? [] : [{ key: 'noAuth', values: {} } as const]),
    ...(broker.url !== undefined && !broker.connected
      ? [{ key: 'brokerGone', values: { url: broker.url } } as const]
      : []),
    ...(broker.url === undefined && !broker.connected ? [{ key: 'noBroker', values: {} } as const] : []),
    ...(docker.available ? [] : [{ key: 'noDocker', values: {}, ...because(docker.reason) } as const]),
  ];
}

const because = (reason: string | undefined): Pick<Notice, 'reason'> => (reason === undefined ? {} : { reason });

const STORAGE_KEY = 'model-management:dismissed-notices';

/** The keys that were dismissed in this browser; none where it keeps nothing. */
export function dismissedNotices(): readonly string[] {
  try {
    const stored: unknown = JSON.parse(RED.settings.getLocal(STORAGE_KEY) ?? '[]');
    return Array.isArray(stored) ? stored.filter((key) => typeof key === 'string') : [];
  } catch {
    return [];
  }
}

export function storeDismissed(keys: readonly string[]): void {
  try {
    RED.settings.setLocal(STORAGE_KEY, JSON.stringify(keys));
  } catch {
    // A browser that keeps nothing shows them again next time.
  }
}
