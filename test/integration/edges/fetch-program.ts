import { Digest } from '../../../lib/ids';
import { openFetcher } from '../../support/artifact-lab';
import { MqttBus } from '../../support/mqtt-bus';

/* Fetches one artifact into a folder and prints how far it is, line by line, and at the end the path. */

async function main([url = '', path = '', digest = '', sizeBytes = '']: readonly string[]): Promise<void> {
  const bus = await MqttBus.connect(url);
  const fetcher = await openFetcher(bus, path);
  const artifact = { digest: Digest.parse(digest), sizeBytes: Number(sizeBytes) };
  const onProgress = ({ receivedBytes }: { readonly receivedBytes: number }): void => console.log(receivedBytes);
  console.log(await fetcher.fetch(artifact, { signal: new AbortController().signal, onProgress }));
  await bus[Symbol.asyncDispose]();
}

void main(process.argv.slice(2));
