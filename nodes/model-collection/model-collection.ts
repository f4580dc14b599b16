import type { Node, NodeAPI, NodeDef } from 'node-red';
import { type Collections, collectionsSlot, parameterNames, parametersOf } from '../../lib/collections';
import { asModelManagementError, ModelManagementError } from '../../lib/errors';
import { cutStatus, failureText, type NodeStatus } from '../../lib/pipeline/node/node-status';
import { type FlowMessage, onClose, type RunningNode, refuseAll } from '../../lib/pipeline/node/running-node';
import type { SlotState } from '../../lib/service-slot';
import { type CollectionConfig, parseConfig } from './config';

/** More of them are refused: an insert that is not acknowledged is only in memory. */
const MAX_WAITING = 1_000;
const MAX_ROWS = 1_000;

type Send = (message: FlowMessage) => void;

/** Puts the payload of each message into a collection, or answers each message with the rows of a query. */
class CollectionNode {
  private collections: Collections | undefined;
  private error: ModelManagementError | undefined;
  private waitingCount = 0;
  private storedCount = 0;
  private isMissing = false;
  private readonly names: readonly string[];
  private stopListening = (): void => undefined;
  private readonly stopWatching: () => void;

  constructor(
    private readonly node: RunningNode,
    private readonly config: CollectionConfig,
  ) {
    this.names = config.mode === 'query' ? parameterNames(config.query) : [];
    this.stopWatching = collectionsSlot.watch((slot) => this.follow(slot));
    node.on('input', (message, send, done) => void this.take(message, send, done));
    onClose(node, () => {
      this.stopWatching();
      this.stopListening();
    });
  }

  private follow(slot: SlotState<Collections>): void {
    this.stopListening();
    this.stopListening = () => undefined;
    this.collections = slot.status === 'ready' ? slot.service : undefined;
    this.error = slot.status === 'unavailable' ? slot.error : undefined;
    if (this.collections) {
      this.stopListening = this.collections.onChange(({ change }) => {
        if (change === 'created' || change === 'deleted') void this.look();
      });
      void this.look();
    }
    this.show();
  }

  /** Whether the collection is there. */
  private async look(): Promise<void> {
    if (!this.collections || this.config.mode === 'query') return;
    try {
      await this.collections.get(this.config.collection);
      this.isMissing = false;
    } catch (error) {
      const known = asModelManagementError(error);
      this.isMissing = known.code === 'COLLECTION_NOT_FOUND';
      if (!this.isMissing) this.error = known;
    }
    this.show();
  }

  private async take(message: FlowMessage, send: Send, done: (error?: Error) => void): Promise<void> {
    if (this.waitingCount >= MAX_WAITING) {
      return done(
        new ModelManagementError(
          'QUEUE_FULL',
          `${MAX_WAITING} messages wait for the collection already.`,
          'Send fewer, or several rows in one message.',
        ),
      );
    }
    this.waitingCount += 1;
    try {
      const answer = await this.work(message);
      this.error = undefined;
      if (answer !== undefined) send({ ...message, payload: answer });
      done();
    } catch (error) {
      this.error = asModelManagementError(error);
      if (this.error.code === 'COLLECTION_NOT_FOUND') this.isMissing = true;
      done(this.error);
    } finally {
      this.waitingCount -= 1;
      this.show();
    }
  }

  /** What the next node gets; undefined = nothing was stored, as all of it was there. */
  private async work(message: FlowMessage): Promise<unknown> {
    const { collections, config } = this;
    if (!collections)
      throw this.error ?? new ModelManagementError('STOPPED', 'The collections are not there yet.', 'Send it again.');
    if (config.mode === 'query') {
      const parameters = parametersOf(this.names, message);
      const { rows } = await collections.query({ query: config.query, limit: MAX_ROWS }, parameters);
      return rows;
    }
    const { payload } = message;
    const { rows = [] } = await collections.insert(config.collection, payload, { wantsRows: true });
    this.storedCount += rows.length;
    this.isMissing = false;
    return Array.isArray(payload) ? rows : rows[0];
  }

  private show(): void {
    this.node.status(this.status());
  }

  private status(): NodeStatus {
    const { collection, mode } = this.config;
    if (this.isMissing) {
      const text = collection === '' ? 'no collection' : `no collection ${collection}`;
      return { fill: 'red', shape: 'ring', text: cutStatus(text) };
    }
    if (this.error) return { fill: 'red', shape: 'dot', text: cutStatus(failureText(this.error.code, {})) };
    if (!this.collections) return { fill: 'yellow', shape: 'ring', text: 'starting' };
    return { fill: 'green', shape: 'dot', text: mode === 'query' ? 'ready' : cutStatus(`${this.storedCount} stored`) };
  }
}

export default function register(red: NodeAPI): void {
  function construct(this: Node, definition: NodeDef): void {
    red.nodes.createNode(this, definition);
    const node = this as unknown as RunningNode;
    try {
      new CollectionNode(node, parseConfig(definition));
    } catch (error) {
      refuseAll(node, asModelManagementError(error));
    }
  }
  red.nodes.registerType('model-collection', construct);
}
