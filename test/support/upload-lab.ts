import { AdminClient } from './admin-client';
import { dataFolderFiles } from './data-folder-files';
import { NodeRed, type NodeRedOptions } from './node-red';
import { addModel, buildModel } from './onnx-models';
import { waitFor } from './wait-for';

/** A Node-RED with an empty model `plus`, and what tests of uploads ask of it. */
export class UploadLab implements AsyncDisposable {
  private weight = 0;

  private constructor(
    readonly nodeRed: NodeRed,
    readonly api: AdminClient,
  ) {}

  static async start(options: NodeRedOptions = {}): Promise<UploadLab> {
    const nodeRed = await NodeRed.start(options);
    const lab = new UploadLab(nodeRed, new AdminClient(nodeRed));
    await lab.api.ok(201, 'POST', 'models', { name: 'plus' });
    return lab;
  }

  /** Another weight each time, so that no two uploads are the same. */
  nextModel(): Buffer {
    this.weight += 1;
    return buildModel(addModel(this.weight));
  }

  async versionCount(model: string): Promise<number> {
    return (await this.api.ok<{ total: number }>(200, 'GET', `models/${model}/versions?limit=0`)).total;
  }

  /** Resolves when no upload has a file under way. */
  async untilNothingIsUnfinished(): Promise<void> {
    await waitFor(async () => (await dataFolderFiles(this.nodeRed)).unfinished.length === 0, {
      what: 'no unfinished file',
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nodeRed[Symbol.asyncDispose]();
  }
}
