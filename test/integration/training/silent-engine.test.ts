import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import Docker from 'dockerode';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder';
import { TrainingHost } from '../../support/training-host';

/** A port that takes connections and what is sent, and never says anything. */
class SilentEngine implements AsyncDisposable {
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
      socket.resume();
    });
  }

  static async start(): Promise<SilentEngine> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new SilentEngine(server);
  }

  get docker(): Docker {
    const { port } = this.server.address() as AddressInfo;
    return new Docker({ host: '127.0.0.1', port, protocol: 'http' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

describe('a Docker engine that takes connections and does not answer', function () {
  this.timeout(60_000);
  let engine: SilentEngine;
  let folder: TemporaryFolder;
  let host: TrainingHost;

  beforeEach(async () => {
    engine = await SilentEngine.start();
    folder = await temporaryFolder('mm-silent-');
    host = await TrainingHost.open({ folder: folder.path, docker: engine.docker });
    await host.addModel();
    await host.addJob('pass', { runner: 'docker' });
  });
  afterEach(async () => {
    await host?.close();
    await engine?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  it('GIVEN_run_that_asks_it_WHEN_cancelled_THEN_it_is_over_at_once_and_the_next_run_begins', async () => {
    const { id } = await host.start();
    await host.reached(id, 'installing');
    await host.training.cancelRun(id);
    await host.reached(id, 'cancelled', 5_000);
    await host.addJob('raise SystemExit(3)', { name: 'other' });
    const other = await host.train({}, 'other');
    assert.equal(other.error?.code, 'SCRIPT_FAILED', JSON.stringify(other));
  });

  it('GIVEN_run_that_asks_it_WHEN_training_is_closed_THEN_it_closes_and_leaves_the_run_as_it_is', async () => {
    const { id } = await host.start();
    await host.reached(id, 'installing');
    const before = Date.now();
    await host.training.close();
    assert.ok(Date.now() - before < 5_000, `it took ${Date.now() - before} ms`);
    assert.equal(host.runs.get(id)?.state, 'installing');
  });

  it('GIVEN_run_that_was_cancelled_WHEN_training_is_closed_before_it_is_put_in_order_THEN_it_closes', async () => {
    const { id } = await host.start();
    await host.reached(id, 'installing');
    await host.training.cancelRun(id);
    await host.reached(id, 'cancelled', 5_000);
    const before = Date.now();
    await host.training.close();
    assert.ok(Date.now() - before < 5_000, `it took ${Date.now() - before} ms`);
    assert.equal(host.runs.get(id)?.cleaned, false);
  });
});
