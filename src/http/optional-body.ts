const OPTIONAL_BODY = Symbol('optional body');

/** Marks a body class as optional: a missing body is then treated as an empty object. */
export function markOptionalBody(dto: object): void {
  Reflect.defineMetadata(OPTIONAL_BODY, true, dto);
}

/** Whether a body class is marked as optional. */
export function isOptionalBody(dto: object): boolean {
  return Reflect.hasMetadata(OPTIONAL_BODY, dto);
}
