import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api';
import type { Version } from '../contract';
import { uploadVersion } from '../registry-client';
import { isArchive } from './file-choice';

export type UploadState =
  | { readonly status: 'idle' }
  | { readonly status: 'sending'; readonly ratio: number }
  /** The whole file is there; the server checks it and loads it once. */
  | { readonly status: 'checking' }
  | { readonly status: 'stored'; readonly version: Version }
  | { readonly status: 'failed'; readonly error: ApiError };

export interface UploadWish {
  readonly name: string;
  readonly file: File;
  readonly description: string;
  readonly allowDuplicate?: boolean;
}

export interface Upload {
  readonly state: UploadState;
  readonly start: (wish: UploadWish) => void;
  /** Ends what runs (the server keeps nothing of it) and goes back to the form. */
  readonly reset: () => void;
}

export function useUpload(onStored: (version: Version) => void): Upload {
  const [state, setState] = useState<UploadState>({ status: 'idle' });
  const controller = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => controller.current?.abort(), []);
  const start = ({ name, file, description, allowDuplicate = false }: UploadWish): void => {
    const own = new AbortController();
    controller.current = own;
    setState({ status: 'sending', ratio: 0 });
    const onProgress = (ratio: number): void => {
      if (!own.signal.aborted) setState(ratio < 1 ? { status: 'sending', ratio } : { status: 'checking' });
    };
    const options = { isArchive: isArchive(file.name), description, allowDuplicate, signal: own.signal, onProgress };
    uploadVersion(name, file, options).then(
      (version) => {
        if (own.signal.aborted) return;
        setState({ status: 'stored', version });
        onStored(version);
      },
      (error: unknown) => own.signal.aborted || setState({ status: 'failed', error: ApiError.from(error) }),
    );
  };
  const reset = useCallback(() => {
    controller.current?.abort();
    setState({ status: 'idle' });
  }, []);
  return { state, start, reset };
}
