/** A base for the class of a slice, which others inject: `values` are its fields, and nobody can change them, however deep. */
export function sliceOf<T extends object>(): new (values: T) => Readonly<T> {
  return class {
    constructor(values: T) {
      Object.assign(this, immutable({ ...values }));
      Object.freeze(this);
    }
  } as new (values: T) => Readonly<T>;
}

/** Freezes a plain object or a list, and those inside it; anything else (a key, for example) stays as it is. */
function immutable<T>(value: T): T {
  if (!isPlain(value) || Object.isFrozen(value)) return value;
  Object.values(value).forEach(immutable);
  return Object.freeze(value);
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}
