import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** What a program can be asked for: arguments and results are plain JSON. */
export type Calls = Readonly<Record<string, (input: never) => Promise<unknown>>>;

interface Question {
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
}

type Answer = { readonly id: number } & ({ readonly value: unknown } | { readonly error: string });

/** A program in a process of its own, so that what it costs is on nobody else's account. */
export class ChildProgram<C extends Calls> implements AsyncDisposable {
  readonly #open = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #count = 0;
  readonly #ended = Promise.withResolvers<never>();

  private constructor(
    private readonly child: ChildProcess,
    private readonly path: string,
  ) {
    child.on('message', (answer: Answer) => {
      const asked = this.#open.get(answer.id);
      this.#open.delete(answer.id);
      if ('error' in answer) asked?.reject(new Error(`${path}: ${answer.error}`));
      else asked?.resolve(answer.value);
    });
    child.on('exit', (code, signal) => {
      const error = new Error(`${path} ended with ${code ?? signal}`);
      for (const { reject } of this.#open.values()) reject(error);
      this.#open.clear();
      this.#ended.reject(error);
    });
    this.#ended.promise.catch(() => undefined);
  }

  /** @param path - of a program that ends in `answerCalls` */
  static async start<C extends Calls>(path: string): Promise<ChildProgram<C>> {
    const child = fork(path, [], { execArgv: ['-r', 'tsx/cjs'] });
    await once(child, 'message');
    return new ChildProgram<C>(child, path);
  }

  /** Rejects when the process has ended. */
  get ended(): Promise<never> {
    return this.#ended.promise;
  }

  ask<N extends keyof C & string>(name: N, ...[input]: Parameters<C[N]>): ReturnType<C[N]> {
    this.#count += 1;
    const question: Question = { id: this.#count, name, input };
    const answered = new Promise((resolve, reject) => {
      if (!this.child.connected) return reject(new Error(`${this.path} is gone`));
      this.#open.set(question.id, { resolve, reject });
      this.child.send(question);
    });
    return answered as ReturnType<C[N]>;
  }

  /** The program is asked to end; one that does not is killed. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    if (this.child.connected) this.child.disconnect();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), END_MS);
    await gone;
    clearTimeout(timer);
  }
}

const END_MS = 30_000;

/** Of the program itself. @param close - when nobody asks any more */
export function answerCalls(calls: Calls, close: () => Promise<void>): void {
  const send = (answer: Answer): void => {
    if (process.connected) process.send?.(answer);
  };
  process.on('message', ({ id, name, input }: Question) => {
    const call = calls[name] as ((input: unknown) => Promise<unknown>) | undefined;
    if (!call) return send({ id, error: `there is no ${name}` });
    call(input).then(
      (value) => send({ id, value: value ?? null }),
      (error: unknown) => send({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  process.once('disconnect', () => {
    close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
  process.send?.('ready');
}
