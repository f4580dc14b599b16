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

function row(name: string, left: string, right: string): ComparisonRow {
  return { name, left, right, difference: left === right ? '' : t('compare.differs') };
}

function metricRows(left: Version, right: Version): readonly ComparisonRow[] {
  const language = RED.i18n.lang();
  const text = (value: number | undefined): string => (value === undefined ? '' : formatNumber(value, language));
  const signed = (value: number): string => `${value > 0 ? '+' : ''}${formatNumber(value, language)}`;
  return pairs(left.metrics, right.metrics).map((pair) => {
    const plain = row(pair.name, text(pair.left), text(pair.right));
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
    row(t('upload.description'), left.description, right.description),
    row(t('signature.features'), names(left.features), names(right.features)),
    row(t('signature.labels'), names(left.labels), names(right.labels)),
  ].filter((one) => one.left !== '' || one.right !== '');
}

/** Values as they are, other than text as JSON. */
function entryRows(
  left: Readonly<Record<string, unknown>> | undefined,
  right: Readonly<Record<string, unknown>> | undefined,
): readonly ComparisonRow[] {
  const text = (value: unknown): string =>
    typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value, null, 1);
  return pairs(left, right).map((pair) => row(pair.name, text(pair.left), text(pair.right)));
}

function fileRows(left: Version, right: Version): readonly ComparisonRow[] {
  const language = RED.i18n.lang();
  const outputs = ({ additionalOutputs }: Version): string => additionalOutputs.map(({ path }) => path).join(', ');
  const both = (name: string, of: (version: Version) => string): ComparisonRow => row(name, of(left), of(right));
  return [
    both(t('fact.size'), ({ sizeBytes }) => formatBytes(sizeBytes, language)),
    both(t('fact.digest'), ({ digest }) => digest),
    both(t('fact.opset'), ({ opset }) => String(opset)),
    both(t('fact.irVersion'), ({ irVersion }) => String(irVersion)),
    both(t('fact.producer'), ({ producer }) => producer),
    both(t('fact.preprocessing'), ({ preprocessing }) => preprocessing?.digest ?? ''),
    both(t('fact.outputs'), outputs),
  ].filter((one) => one.left !== '' || one.right !== '');
}

function originRows(left: Version, right: Version): readonly ComparisonRow[] {
  const language = RED.i18n.lang();
  const both = (name: string, of: (version: Version) => string): ComparisonRow => row(name, of(left), of(right));
  return [
    both(t('version.column.created'), ({ createdAt }) => formatMoment(createdAt, language)),
    both(t('fact.createdBy'), ({ createdBy }) => createdBy ?? ''),
    both(t('version.column.source'), ({ source }) => t(`version.source.${source}`)),
    both(t('fact.run'), ({ runId }) => runId ?? ''),
    both(t('fact.parent'), ({ parentVersion }) => (parentVersion === undefined ? '' : String(parentVersion))),
    both(t('version.column.aliases'), ({ aliases }) => aliases.join(', ')),
  ].filter((one) => one.left !== '' || one.right !== '');
}
