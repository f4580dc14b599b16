import { useState } from 'preact/hooks';
import { effectiveSignature } from '../../../lib/registry/signature-comparison';
import { WRITE } from '../../../plugins/model-management/editor/api';
import type { Model } from '../../../plugins/model-management/editor/contract';
import { type Choice, ChoiceRow, Row } from '../../../plugins/model-management/editor/dialog/rows';
import { ErrorBox } from '../../../plugins/model-management/editor/feedback';
import { SignatureTable } from '../../../plugins/model-management/editor/model/signature-table';
import { TryIt } from '../../../plugins/model-management/editor/model/try-it';
import { Toggle } from '../../../plugins/model-management/editor/toggle';
import { UploadForm } from '../../../plugins/model-management/editor/upload/upload-form';
import type { PartProps } from './part-props';
import { nodeText } from './texts';
import type { ChosenVersion } from './use-chosen-version';

/** Model and version of the registry, what they take and give, and the way to upload or try them in place. */
export function RegistrySource({ config, change, chosen }: PartProps & { readonly chosen: ChosenVersion }) {
  const [open, setOpen] = useState<'upload' | 'try'>();
  const { models, model, number, version } = chosen;
  const toggle = (section: 'upload' | 'try'): void => setOpen(open === section ? undefined : section);
  const { features, result, format, label } = config;
  const isUnknown = models.data !== undefined && config.model !== '' && !model;
  return (
    <>
      <ChoiceRow
        icon="fa-cube"
        label={nodeText('model.label')}
        value={model?.name ?? config.model}
        options={modelChoices(config.model, model, models.data ?? [])}
        onChange={(name) => change({ model: name })}
      >
        {RED.user.hasPermission(WRITE) && (
          <Toggle open={open === 'upload'} text={nodeText('model.upload')} onClick={() => toggle('upload')} />
        )}
      </ChoiceRow>
      {models.error && <ErrorBox error={models.error} onRetry={models.reload} />}
      {isUnknown && (
        <p class="mm-hint mm-under" role="status">
          {nodeText('model.unknown', { model: config.model })}
        </p>
      )}
      {open === 'upload' && (
        <UploadForm
          models={models.data ?? []}
          suggestedName={config.model}
          onClose={() => setOpen(undefined)}
          onStored={(stored) => {
            models.reload();
            change({ model: stored.model });
          }}
        />
      )}
      <ChoiceRow
        icon="fa-code-fork"
        label={nodeText('version.label')}
        value={config.version}
        options={versionChoices(config.version, model)}
        onChange={(ref) => change({ version: ref })}
      >
        {model && number && <Toggle open={open === 'try'} text={nodeText('tryIt')} onClick={() => toggle('try')} />}
      </ChoiceRow>
      {version && (
        <Row icon="fa-exchange" label={nodeText('signature')}>
          <SignatureTable signature={effectiveSignature(version)} />
        </Row>
      )}
      {open === 'try' && model && number && (
        <TryIt model={model.name} version={number} options={{ features, result, format, label }} />
      )}
    </>
  );
}

/** The stored name stays in the list, known or not. */
function modelChoices(stored: string, known: Model | undefined, models: readonly Model[]): readonly Choice[] {
  const choices = models.map(({ name }) => ({ value: name, text: name }));
  if (known) return choices;
  const text = stored === '' ? nodeText('model.choose') : nodeText('model.missing', { model: stored });
  return [{ value: stored, text }, ...choices];
}

function versionChoices(stored: string, model: Model | undefined): readonly Choice[] {
  const aliases = Object.entries({ deployed: undefined, ...model?.aliases, latest: model?.latestVersion ?? undefined });
  const choices = [
    ...aliases.map(([alias, version]) => ({
      value: alias,
      text: version ? nodeText('version.alias', { alias, version }) : alias,
    })),
    ...(model?.versions ?? []).map(({ version }) => ({
      value: String(version),
      text: nodeText('version.number', { version }),
    })),
  ];
  const isKnown = choices.some(({ value }) => value === stored);
  return isKnown ? choices : [...choices, { value: stored, text: nodeText('version.missing', { version: stored }) }];
}
