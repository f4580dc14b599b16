import { isAliasName } from '../../../../lib/names';
import type { Model } from '../contract';
import { t, tCount, tList } from '../i18n';

/** The key of what is wrong with a name for an alias. */
export function aliasFault(alias: string): 'alias.bad' | 'alias.computed' | undefined {
  if (alias.toLowerCase() === 'latest') return 'alias.computed';
  return isAliasName(alias) ? undefined : 'alias.bad';
}

/** The version it names; its own: an alias may be named like something that every object has. */
export function aliasVersion(
  { aliases }: { readonly aliases: Readonly<Record<string, number>> },
  alias: string,
): number | undefined {
  return Object.hasOwn(aliases, alias) ? aliases[alias] : undefined;
}

/** Nodes that answer with whatever version the alias names. */
export function followerCount({ usedBy }: Model, alias: string): number {
  return usedBy.filter(({ kind, ref }) => kind === 'node' && (ref ?? 'deployed') === alias).length;
}

/** "3 nodes and 2 edges": what answers with whatever version the alias names; empty: nothing does. */
export function followersText(model: Model, alias: string): string {
  const nodeCount = followerCount(model, alias);
  const edgeCount = model.edges.filter(({ version }) => version === alias).length;
  return tList([
    ...(nodeCount > 0 ? [tCount('usage.nodeCount', nodeCount)] : []),
    ...(edgeCount > 0 ? [tCount('usage.edges', edgeCount)] : []),
  ]);
}

/** What a move changes, in words: "canary moves from v3 to v6. 2 nodes will answer with v6." */
export function moveEffect(model: Model, alias: string, version: number): string {
  const before = aliasVersion(model, alias);
  const users = followersText(model, alias);
  return [
    before === undefined ? t('alias.effectNew', { alias, version }) : t('alias.effectMove', { alias, before, version }),
    users ? t('deploy.effect', { users, version }) : t('alias.noFollowers', { alias }),
  ].join(' ');
}
