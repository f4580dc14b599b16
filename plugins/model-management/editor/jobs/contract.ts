export type { CollectionView } from '../../../../lib/collections/collections';
export type { RowPage } from '../../../../lib/collections/row-page';
export type { SourceView } from '../../../../lib/collections/sources';
export type { Column, QueryCount, QueryRows, Row } from '../../../../lib/collections/types';
export type { RunState } from '../../../../lib/training/run/run-states';
export type { FileView, JobView, RunView } from '../../../../lib/training/views';

export interface SchedulePreview {
  readonly next: readonly string[];
  readonly description: string;
}
