import { AliasForm } from '../alias/alias-form';
import { DeleteAlias } from '../alias/delete-alias';
import type { Model } from '../contract';
import { DeleteVersion } from './delete-version';
import { DeployPanel } from './deploy-panel';

/** What a row of the table asks about. */
export type Asked =
  | { readonly kind: 'deploy' | 'delete' | 'alias' }
  | { readonly kind: 'deleteAlias'; readonly alias: string };

/** The question about one version, asked below its row. */
export function VersionQuestion({
  what,
  onRollOut,
  ...props
}: {
  readonly what: Asked;
  readonly model: Model;
  readonly version: number;
  readonly onRollOut?: (version: number) => void;
  readonly onDone: () => void;
  readonly onClose: () => void;
}) {
  switch (what.kind) {
    case 'deploy':
      return (
        <DeployPanel
          {...props}
          target={{ kind: 'deploy', version: props.version }}
          {...(onRollOut && {
            onRollOut: () => {
              props.onClose();
              onRollOut(props.version);
            },
          })}
        />
      );
    case 'delete':
      return <DeleteVersion {...props} />;
    case 'alias':
      return <AliasForm {...props} />;
    case 'deleteAlias':
      return <DeleteAlias key={what.alias} {...props} alias={what.alias} />;
  }
}
