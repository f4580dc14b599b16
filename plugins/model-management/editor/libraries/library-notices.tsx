import { t } from '../i18n';
import type { CodeEditorHandle } from '../widgets/code-editor';
import { FaultBox } from './fault-box';
import type { Draft } from './library-draft';
import { mayWriteLibraries } from './rights';

/** What a person has to know about the library before typing: one line each. */
export function LibraryNotices({
  draft: { base, news, isGone },
  onGoTo,
}: {
  readonly draft: Draft;
  readonly onGoTo: CodeEditorHandle['goTo'];
}) {
  return (
    <>
      {base?.builtIn && <Notice icon="fa-lock" text={t('library.builtInNotice')} />}
      {!mayWriteLibraries() && <Notice icon="fa-eye" text={t('library.readerNotice')} />}
      {isGone && <Notice icon="fa-trash-o" text={t('library.goneNotice')} />}
      {news && (
        <Notice
          icon="fa-refresh"
          text={t('library.news', { revision: news.revision, user: news.updatedBy ?? t('library.somebody') })}
        />
      )}
      {base?.state === 'failed' && base.error && (
        <FaultBox fault={base.error} intro={t('library.failedNotice')} onGoTo={onGoTo} />
      )}
    </>
  );
}

function Notice({ icon, text }: { readonly icon: string; readonly text: string }) {
  return (
    <p class="mm-sub" role="status">
      <i class={`fa ${icon}`} aria-hidden="true" /> {text}
    </p>
  );
}
