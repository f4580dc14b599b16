import { types } from 'node:util';

/**
 * The constructors of one JavaScript context. Each context has its own `Array`, `Object` and so on, so that a value
 * made in one is no `instanceof` of the other's.
 */
export interface Realm {
  readonly Object: ObjectConstructor;
  readonly Array: ArrayConstructor;
  readonly Date: DateConstructor;
  readonly RegExp: RegExpConstructor;
  readonly Map: MapConstructor;
  readonly Set: SetConstructor;
  readonly Error: ErrorConstructor;
  readonly ArrayBuffer: ArrayBufferConstructor;
  readonly DataView: DataViewConstructor;
  /** `Float32Array` and its like. */
  readonly [typedArray: string]: unknown;
}

/** The one Node-RED runs in. */
export const ownRealm: Realm = globalThis as unknown as Realm;

/** The constructors of a context as they are now, whatever is done to its globals later. */
export function realmOf(globals: object): Realm {
  return Object.fromEntries(
    Object.getOwnPropertyNames(globals).map((name) => [name, Reflect.get(globals, name)]),
  ) as unknown as Realm;
}

/** Stands for what data cannot hold: functions and symbols, which are left out as JSON does. */
const nothing = Symbol('nothing');

type TypedArrayConstructor = new (source: NodeJS.TypedArray) => NodeJS.TypedArray;

/**
 * A deep copy made of the constructors of `target`: arrays, objects, dates, regular expressions, maps, sets, errors,
 * array buffers and typed arrays; Buffers stay Buffers; references within the value, also to itself, stay. Instances
 * of classes of Node-RED's realm (a socket, say) are passed as they are, those of a library's classes become objects.
 *
 * @throws {TypeError} for a promise; `RangeError` for what is nested too deeply
 */
export function copyInto(target: Realm, value: unknown): unknown {
  const copied = new Copier(target).copy(value);
  return copied === nothing ? undefined : copied;
}

class Copier {
  private readonly seen = new Map<object, unknown>();

  constructor(private readonly target: Realm) {}

  copy(value: unknown): unknown {
    if (typeof value === 'function' || typeof value === 'symbol') return nothing;
    if (typeof value !== 'object' || value === null) return value;
    return this.seen.get(value) ?? this.copyObject(value);
  }

  private copyObject(value: object): unknown {
    if (Array.isArray(value)) return this.copyArray(value);
    const prototype: unknown = Object.getPrototypeOf(value);
    const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
    return isPlain ? this.copyEntries(value) : this.copySpecial(value);
  }

  private copyArray(value: readonly unknown[]): unknown {
    const copy = this.remember(value, new this.target.Array<unknown>(value.length));
    for (let index = 0; index < value.length; index += 1) {
      const item = value[index];
      // Rows of numbers are what libraries mostly get: most of the time goes here.
      copy[index] = typeof item === 'number' ? item : orUndefined(this.copy(item));
    }
    return copy;
  }

  private copyEntries(value: object, copy = new this.target.Object()): unknown {
    this.remember(value, copy);
    for (const key of Object.keys(value)) {
      const item = this.copy(Reflect.get(value, key));
      if (item === nothing) continue;
      if (key === '__proto__') Object.defineProperty(copy, key, { value: item, enumerable: true, writable: true });
      else Reflect.set(copy, key, item);
    }
    return copy;
  }

  private copySpecial(value: object): unknown {
    const { target } = this;
    if (Buffer.isBuffer(value)) return this.remember(value, Buffer.from(value));
    if (types.isTypedArray(value)) return this.remember(value, this.copyTypedArray(value));
    if (types.isDate(value)) return this.remember(value, new target.Date(value.getTime()));
    if (types.isRegExp(value)) return this.remember(value, new target.RegExp(value.source, value.flags));
    if (types.isMap(value)) return this.copyMap(value);
    if (types.isSet(value)) return this.copySet(value);
    if (types.isNativeError(value)) return this.copyError(value);
    if (types.isArrayBuffer(value)) return this.remember(value, this.copyBytes(value));
    if (types.isDataView(value)) {
      const bytes = this.copyBytes(value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength));
      return this.remember(value, new target.DataView(bytes));
    }
    if (types.isBoxedPrimitive(value)) return value.valueOf();
    if (types.isPromise(value)) throw new TypeError('there is a promise in the value: await it first');
    return isOfOwnRealm(value) ? value : this.copyEntries(value);
  }

  private copyTypedArray(value: NodeJS.TypedArray): unknown {
    const create = this.target[value[Symbol.toStringTag]];
    return typeof create === 'function' ? new (create as TypedArrayConstructor)(value) : value;
  }

  private copyBytes(value: ArrayBufferLike): ArrayBuffer {
    const copy = new this.target.ArrayBuffer(value.byteLength);
    new Uint8Array(copy).set(new Uint8Array(value));
    return copy;
  }

  private copyMap(value: ReadonlyMap<unknown, unknown>): unknown {
    const copy = this.remember(value, new this.target.Map<unknown, unknown>());
    for (const [key, item] of Map.prototype.entries.call(value)) {
      copy.set(orUndefined(this.copy(key)), orUndefined(this.copy(item)));
    }
    return copy;
  }

  private copySet(value: ReadonlySet<unknown>): unknown {
    const copy = this.remember(value, new this.target.Set<unknown>());
    for (const item of Set.prototype.values.call(value)) copy.add(orUndefined(this.copy(item)));
    return copy;
  }

  private copyError(value: Error): unknown {
    const copy = new this.target.Error(value.message);
    for (const key of ['name', 'stack'] as const) {
      Object.defineProperty(copy, key, { value: value[key], configurable: true, writable: true });
    }
    return this.copyEntries(value, copy);
  }

  private remember<T>(value: object, copy: T): T {
    this.seen.set(value, copy);
    return copy;
  }
}

function orUndefined(value: unknown): unknown {
  return value === nothing ? undefined : value;
}

/** Whether the chain of prototypes ends in Node-RED's own `Object`. */
function isOfOwnRealm(value: object): boolean {
  let root: unknown = value;
  for (let next: unknown = root; next !== null; next = Object.getPrototypeOf(next)) root = next;
  return root === Object.prototype;
}
