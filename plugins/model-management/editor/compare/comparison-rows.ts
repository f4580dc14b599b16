import { effectiveSignature } from '../../../../lib/registry/signature-comparison';
import type { TensorInfo, Version } from '../contract';
import { formatBytes, formatMoment, formatNumber, formatShare } from '../format';
import { t } from '../i18n';
import { shapeText } from '../model/signature-table';
import { metricChange, pairs, tensorPairs } from './comparison';

/** One line of the comparison, in words. */
export interface ComparisonRow {
  readonly name: string;
  readonly left: string;
  readonly right: string;
  /** How they differ; empty: they are the same. */
  readonly difference: string;
}

export interface ComparisonGroup {
  readonly title: string;
  readonly rows: readonly ComparisonRow[];
}

/** All that can be told of two versions, side by side; groups that have nothing to say are left out. */
export function comparisonGroups(left: Version, right: Version): readonly ComparisonGroup[] {
  return [
    { title: t('compare.group.metrics'), rows: metricRows(left, right) },
    { title: t('compare.group.signature'), rows: signatureRows(left, right) },
    { title: t('compare.group.attributes'), rows: attributeRows(left, right) },
    { title: t('tag.list'), rows: entryRows(left.tags, right.tags) },
    { title: t('compare.group.file'), rows: fileRows(left, right) },
    { title: t('compare.group.origin'), rows: originRows(left, right) },
    { title: t('compare.group.lineage'), rows: entryRows(left.lineage, right.lineage) },
  ].filter(({ rows }) => rows.length > 0);
}

/** The values are compared, not their texts: two sizes may look alike and differ. */
function row<T>(name: string, left: T, right: T, text: (value: T) => string): ComparisonRow {
  const isSame = JSON.stringify(left) === JSON.stringify(right);
  return { name, left: text(left), right: text(right), difference: isSame ? '' : t('compare.differs') };
}

const plainText = (value: string | number | null | undefined): string => String(value ?? '');

function metricRows(left: Version, right: Version): readonly ComparisonRow[] {
  const language = RED.i18n.lang();
  const text = (value: number | undefined): string => (value === undefined ? '' : formatNumber(value, language));
  const signed = (value: number): string => `${value > 0 ? '+' : ''}${formatNumber(value, language)}`;
  return pairs(left.metrics, right.metrics).map((pair) => {
    const plain = row(pair.name, pair.left, pair.right, text);
    const change = metricChange(pair);
    if (!change) return plain;
    const { difference, ratio } = change;
    const share = ratio === undefined ? '' : ` (${formatShare(ratio, language)})`;
    return { ...plain, difference: difference === 0 ? '' : `${signed(difference)}${share}` };
  });
}

function signatureRows(left: Version, right: Version): readonly ComparisonRow[] {
  const text = (info: TensorInfo | undefined): string => (info ? `${info.type} ${shapeText(info.shape)}` : '');
  return tensorPairs(effectiveSignature(left), effectiveSignature(right)).map((pair) => ({
    name: `${t(`compare.${pair.direction}`)} ${pair.name}`,
    left: text(pair.left),
    right: text(pair.right),
    difference: pair.difference ? t(`compare.signature.${pair.difference}`) : '',
  }));
}

function attributeRows(left: Version, right: Version): readonly ComparisonRow[] {
  const names = (list: readonly string[] | undefined): string => list?.join(', ') ?? '';
  return [
    row(t('upload.description'), left.description, right.description, plainText),
    row(t('signature.features'), left.features, right.features, names),
    row(t('signature.labels'), left.labels, right.labels, names),
  ].filter((one) => one.left !== '' || one.right !== '');
}

/** Values as they are, other than text as JSON. */
function entryRows(
  left: Readonly<Record<string, unknown>> | undefined,
  right: Readonly<Record<string, unknown>> | undefined,
): readonly ComparisonRow[] {
  const text = (value: unknown): string =>
    typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value, null, 1);
  return pairs(left, right).map((pair) => row(pair.name, pair.left, pair.right, text));
}

function fileRows(left: Version, right: Version): readonly ComparisonRow[] {
  const size = (bytes: number): string => formatBytes(bytes, RED.i18n.lang());
  const outputs = (files: Version['additionalOutputs']): string => files.map(({ path }) => path).join(', ');
  const both = sideBySide(left, right);
  return [
    both(t('fact.size'), ({ sizeBytes }) => sizeBytes, size),
    both(t('fact.digest'), ({ digest }) => digest, plainText),
    both(t('fact.opset'), ({ opset }) => opset, plainText),
    both(t('fact.irVersion'), ({ irVersion }) => irVersion, plainText),
    both(t('fact.producer'), ({ producer }) => producer, plainText),
    both(t('fact.preprocessing'), ({ preprocessing }) => preprocessing?.digest, plainText),
    both(t('fact.outputs'), ({ additionalOutputs }) => additionalOutputs, outputs),
  ].filter((one) => one.left !== '' || one.right !== '');
}

function originRows(left: Version, right: Version): readonly ComparisonRow[] {
  const moment = (iso: string): string => formatMoment(iso, RED.i18n.lang());
  const source = (name: Version['source']): string => t(`version.source.${name}`);
  const names = (aliases: readonly string[]): string => aliases.join(', ');
  const both = sideBySide(left, right);
  return [
    both(t('version.column.created'), ({ createdAt }) => createdAt, moment),
    both(t('fact.createdBy'), ({ createdBy }) => createdBy, plainText),
    both(t('version.column.source'), (version) => version.source, source),
    both(t('fact.run'), ({ runId }) => runId, plainText),
    both(t('fact.parent'), ({ parentVersion }) => parentVersion, plainText),
    both(t('version.column.aliases'), ({ aliases }) => aliases, names),
  ].filter((one) => one.left !== '' || one.right !== '');
}

/** Rows that hold the same of both versions. */
function sideBySide(left: Version, right: Version) {
  return <T>(name: string, of: (version: Version) => T, text: (value: T) => string): ComparisonRow =>
    row(name, of(left), of(right), text);
}
