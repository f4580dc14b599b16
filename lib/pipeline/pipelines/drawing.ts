import type { FlowEntry } from '../flow-entry';
import { isWirable, linksOf, nameOf, textOf, wiresOf } from '../graph/stored-wiring';

/** A node as it stands on its tab, by its centre in the canvas of the editor. */
export interface DrawnNode {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly isDisabled: boolean;
}

export interface Drawing {
  readonly nodes: readonly DrawnNode[];
  /** Ids of both ends; links on the same tab are drawn as wires. */
  readonly wires: readonly (readonly [string, string])[];
}

/** What is on a tab, as the editor draws it. */
export function drawTab(entries: readonly FlowEntry[], tabId: string): Drawing {
  const placed = entries.filter(
    (entry) =>
      textOf(entry, 'z') === tabId && isWirable({ ...entry, d: false }) && isNumber(entry['x']) && isNumber(entry['y']),
  );
  const ids = new Set(placed.map(({ id }) => id));
  const wires = placed.flatMap((entry) => {
    const linked = entry.type === 'link out' ? (linksOf(entry) ?? []) : [];
    const targets = new Set([...wiresOf(entry).flat(), ...linked]);
    return [...targets].filter((to) => ids.has(to)).map((to): readonly [string, string] => [entry.id, to]);
  });
  const nodes = placed.map((entry) => ({
    id: entry.id,
    type: entry.type,
    name: nameOf(entry) || textOf(entry, 'topic'),
    x: Number(entry['x']),
    y: Number(entry['y']),
    isDisabled: entry['d'] === true,
  }));
  return { nodes, wires };
}

const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value);
